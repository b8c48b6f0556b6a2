//! A throw-away agency with two desks.

use std::fs;
use std::path::{Path, PathBuf};

use bisik_desk::cases::{self, Case};
use bisik_desk::desk::{DEFAULT_RETENTION, Desk, DeskInfo};
use bisik_desk::import::{self, ImportError, Summary};
use bisik_desk::publish::{self, Choices, Published};
use bisik_desk::root::{self, RootFolder};
use bisik_desk::vault::{OfficerName, Passphrase, WorkFactor};
use bisik_formats::card::VerifiedCard;
use bisik_formats::day::Day;
use bisik_formats::edition::VerifiedHeader;
use bisik_formats::form::Text;
use bisik_formats::ids::{AgencyId, DeskId};
use bisik_sealing::hybrid::Recipient;
use rand::SeedableRng;
use rand::rngs::StdRng;
use zeroize::Zeroizing;

pub(crate) const FORM: &str = include_str!("../../../../deploy/forms/kpk.toml");
pub(crate) const CARD: &str = r#"
names = { id = "Komisi Contoh", en = "Example Commission" }
letters = 4
limits = { report_bytes = 4000000, file_bytes = 2000000 }
contacts = [{ names = { id = "LPSK", en = "LPSK" }, address = "148" }]
"#;
pub(crate) const TODAY: &str = "2026-11-22";

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(Zeroizing::new(text.to_owned()))
}

pub(crate) fn officer() -> OfficerName {
    "ani".parse().unwrap()
}

pub(crate) const SECRET: &str = "kuda makan batu";

/// An agency in a temporary folder. Desks stay open; a second open of their vault is refused meanwhile.
pub(crate) struct Agency {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) rng: StdRng,
    pub(crate) today: Day,
    pub(crate) root: RootFolder,
    pub(crate) agency: AgencyId,
    pub(crate) card: VerifiedCard,
    pub(crate) pusat: Desk,
    pub(crate) daerah: Desk,
}

impl Agency {
    /// Founds the agency and publishes the first edition of both desks.
    pub(crate) fn new() -> Self {
        Self::with_card(CARD)
    }

    pub(crate) fn with_card(description: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = StdRng::seed_from_u64(7);
        let today = day(TODAY);
        let passphrases = [passphrase("kunci akar satu"), passphrase("kunci akar dua")];
        let root = RootFolder::create(
            &folder.path().join("root"),
            &passphrases,
            WorkFactor::for_tests(),
            today,
            &mut rng,
        )
        .unwrap();
        let agency = root.agency();
        let mut desks = ["pusat", "daerah"].map(|id| make_desk(folder.path(), id, agency, today, &mut rng));
        let requests: Vec<Vec<u8>> = desks.iter().map(|desk| desk.request().unwrap()).collect();
        let order = root::order(&root, description, FORM, &requests).unwrap();
        let key = root.unlock(1, &passphrase("kunci akar satu")).unwrap();
        let signed = root::sign_card(&root, &order, None, &key, today).unwrap();
        for desk in &mut desks {
            desk.take_card(&signed.bundle, today).unwrap();
        }
        let [pusat, daerah] = desks;
        let mut agency = Self { folder, rng, today, root, agency, card: signed.card, pusat, daerah };
        fs::create_dir_all(agency.stick().join("reports")).unwrap();
        agency.publish();
        publish::publish(
            &mut agency.daerah,
            &agency.folder.path().join("stick"),
            Choices::default(),
            today,
            &mut agency.rng,
        )
        .unwrap();
        agency
    }

    pub(crate) fn stick(&self) -> PathBuf {
        self.folder.path().join("stick")
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.folder.path().join("vault-pusat")
    }

    pub(crate) fn recipient(&self, desk: &str) -> Recipient {
        let header = self.header(desk);
        Recipient::parse(&header.header().recipient).unwrap()
    }

    pub(crate) fn header(&self, desk: &str) -> VerifiedHeader {
        let note = fs::read(self.stick().join("outbox").join(desk).join("header.note")).unwrap();
        VerifiedHeader::verify(&note, &self.card).unwrap()
    }

    pub(crate) fn body(&self, desk: &str) -> Vec<u8> {
        fs::read(self.stick().join("outbox").join(desk).join("body.bin")).unwrap()
    }

    /// Puts a sealed report on the stick under its right name.
    pub(crate) fn put(&self, sealed: &[u8]) -> String {
        let id = bisik_formats::ids::ReportId::of(sealed).to_string();
        self.put_as(&id, sealed);
        id
    }

    pub(crate) fn put_as(&self, id: &str, bytes: &[u8]) {
        fs::write(self.stick().join("reports").join(format!("{id}.age")), bytes).unwrap();
    }

    pub(crate) fn try_import(&mut self) -> Result<Summary, ImportError> {
        let stick = self.stick();
        import::import(&mut self.pusat, &stick, self.today, false, &mut self.rng, &mut |_| {})
    }

    pub(crate) fn import(&mut self) -> Summary {
        self.try_import().unwrap()
    }

    pub(crate) fn import_daerah(&mut self) -> Summary {
        let stick = self.stick();
        import::import(&mut self.daerah, &stick, self.today, false, &mut self.rng, &mut |_| {}).unwrap()
    }

    pub(crate) fn try_publish(&mut self, choices: Choices) -> Result<Published, publish::PublishError> {
        let stick = self.stick();
        publish::publish(&mut self.pusat, &stick, choices, self.today, &mut self.rng)
    }

    pub(crate) fn publish(&mut self) -> Published {
        self.try_publish(Choices::default()).unwrap()
    }

    pub(crate) fn cases(&self) -> Vec<Case> {
        cases::all(&self.pusat).unwrap()
    }

    /// Closes the desk and gives the rest of the agency back, so that the vault can be opened otherwise.
    pub(crate) fn close(self) -> (tempfile::TempDir, StdRng) {
        (self.folder, self.rng)
    }
}

pub(crate) fn make_desk(folder: &Path, id: &str, agency: AgencyId, today: Day, rng: &mut StdRng) -> Desk {
    let desk: DeskId = id.parse().unwrap();
    let names = Text { id: format!("Meja {id}"), en: format!("Desk {id}") };
    let info = DeskInfo { agency, desk, names, retention: DEFAULT_RETENTION, made: today };
    let vault = folder.join(format!("vault-{id}"));
    Desk::create(&vault, info, &officer(), &passphrase(SECRET), WorkFactor::for_tests(), rng).unwrap()
}
