//! The root: cards and their succession.

use bisik_desk::desk::DeskError;
use bisik_desk::root::{self, RootError, RootFolder};
use bisik_desk::vault::{VaultError, WorkFactor};
use bisik_formats::card::VerifiedCard;

use crate::agency::{Agency, CARD, FORM, day, passphrase};

fn sign(agency: &Agency, known: Option<&[u8]>) -> Result<root::SignedCard, RootError> {
    let requests = [agency.pusat.request().unwrap(), agency.daerah.request().unwrap()];
    let order = root::order(&agency.root, CARD, FORM, &requests)?;
    let key = agency.root.unlock(2, &passphrase("kunci akar dua"))?;
    root::sign_card(&agency.root, &order, known, &key, agency.today)
}

#[test]
fn serials_rise_and_keys_keep_their_first_day() {
    let mut agency = Agency::new();
    let first = agency.card.card().clone();
    agency.today = day("2026-12-24");
    let second = sign(&agency, None).unwrap();
    let card = second.card.card();
    assert_eq!((first.serial.get(), card.serial.get()), (1, 2));
    assert_eq!(card.desks[0].keys.len(), 1);
    assert_eq!(card.desks[0].keys[0].from, first.desks[0].keys[0].from);
    assert_eq!(card.desks[0].keys[0].to, card.expires.plus(30));
    agency.pusat.take_card(&second.bundle, agency.today).unwrap();
    let older = agency.pusat.take_card(agency.card.bundle(), agency.today);
    assert!(matches!(older, Err(DeskError::CardOlder { held: 2, offered: 1 })));
}

#[test]
fn a_folder_copy_does_not_sign_an_old_serial_when_it_is_shown_the_newest() {
    let mut agency = Agency::new();
    let second = sign(&agency, None).unwrap();
    // A copy of the folder from before knows card 1 only.
    std::fs::write(agency.root.folder().join("card.bundle"), agency.card.bundle()).unwrap();
    let forked = sign(&agency, None).unwrap();
    assert_eq!(forked.card.card().serial.get(), 2);
    let third = sign(&agency, Some(&second.bundle)).unwrap();
    assert_eq!(third.card.card().serial.get(), 3);
    agency.pusat.take_card(&third.bundle, agency.today).unwrap();
    agency.today = day("2026-11-20");
    assert!(matches!(sign(&agency, None), Err(RootError::Rollback { held: 3 })));
}

#[test]
fn two_cards_of_one_serial_are_told() {
    let mut agency = Agency::new();
    let order = |names: &str| {
        let requests = [agency.pusat.request().unwrap(), agency.daerah.request().unwrap()];
        root::order(&agency.root, &CARD.replace("Komisi Contoh", names), FORM, &requests).unwrap()
    };
    let key = agency.root.unlock(1, &passphrase("kunci akar satu")).unwrap();
    let one = root::sign_card(&agency.root, &order("Satu"), None, &key, agency.today).unwrap();
    std::fs::write(agency.root.folder().join("card.bundle"), agency.card.bundle()).unwrap();
    let other = root::sign_card(&agency.root, &order("Dua"), None, &key, agency.today).unwrap();
    agency.pusat.take_card(&one.bundle, agency.today).unwrap();
    let forked = agency.pusat.take_card(&other.bundle, agency.today);
    assert!(matches!(forked, Err(DeskError::CardForked { serial: 2 })));
}

#[test]
fn a_new_root_key_takes_over_and_the_old_one_signs_no_more() {
    let mut agency = Agency::new();
    let old = agency.root.unlock(1, &passphrase("kunci akar satu")).unwrap();
    let two = agency.root.unlock(2, &passphrase("kunci akar dua")).unwrap();
    let (new, work, today) = (passphrase("kunci akar tiga"), WorkFactor::for_tests(), agency.today);
    let number = agency.root.succeed(1, &two, &new, work, today, &mut agency.rng).unwrap();
    assert_eq!((number, agency.root.key_numbers()), (3, vec![2, 3]));
    let requests = [agency.pusat.request().unwrap(), agency.daerah.request().unwrap()];
    let order = root::order(&agency.root, CARD, FORM, &requests).unwrap();
    assert!(root::sign_card(&agency.root, &order, None, &old, today).is_err());
    let three = agency.root.unlock(3, &passphrase("kunci akar tiga")).unwrap();
    let signed = root::sign_card(&agency.root, &order, None, &three, today).unwrap();
    agency.pusat.take_card(&signed.bundle, today).unwrap();
    assert_eq!(VerifiedCard::verify(&signed.bundle, &agency.agency).unwrap().roots().notes(), 2);
    assert!(matches!(agency.root.unlock(1, &passphrase("kunci akar satu")), Err(RootError::UnknownKey)));
}

#[test]
fn keys_are_protected_by_different_passphrases() {
    let agency = Agency::new();
    let wrong = agency.root.unlock(1, &passphrase("kunci akar dua"));
    assert!(matches!(wrong, Err(RootError::Passphrase(VaultError::WrongPassphrase))));
    let folder = agency.folder.path().join("second-root");
    let same = [passphrase("kunci akar satu"), passphrase("kunci akar satu")];
    let mut rng = agency.rng;
    let made = RootFolder::create(&folder, &same, WorkFactor::for_tests(), agency.today, &mut rng);
    assert!(matches!(made, Err(RootError::SamePassphrase)));
}

#[test]
fn requests_of_other_agencies_and_doubles_are_refused() {
    let (agency, mut other) = (Agency::new(), Agency::new());
    assert_eq!(agency.agency, other.agency, "both from the same random numbers");
    other.rng = rand::SeedableRng::seed_from_u64(8);
    let folder = other.folder.path().join("foreign");
    let passphrases = [passphrase("kunci akar satu"), passphrase("kunci akar dua")];
    let foreign =
        RootFolder::create(&folder, &passphrases, WorkFactor::for_tests(), other.today, &mut other.rng)
            .unwrap();
    let request = agency.pusat.request().unwrap();
    let order = root::order(&foreign, CARD, FORM, std::slice::from_ref(&request));
    assert!(matches!(order, Err(RootError::RequestAgency)));
    let twice = root::order(&agency.root, CARD, FORM, &[request.clone(), request]);
    assert!(matches!(twice, Err(RootError::RequestTwice)));
}

#[test]
fn a_report_may_weigh_four_gibibytes_unless_the_card_says_otherwise() {
    let limits = |card: &str| Agency::with_card(card).card.card().limits;
    let default = limits(&CARD.replace("limits = { report_bytes = 4000000, file_bytes = 2000000 }\n", ""));
    assert_eq!((default.report_bytes.get(), default.file_bytes.get()), (1 << 32, u64::from(u32::MAX)));
    let own = limits(CARD);
    assert_eq!((own.report_bytes.get(), own.file_bytes.get()), (4_000_000, 2_000_000));
}
