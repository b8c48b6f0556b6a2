//! Questions of a form that demand to know who the reporter is.
//!
//! The role `identity` may never be demanded; the format itself sees to that. An agency that leaves the role away
//! is caught here by the words of its questions. Words cannot settle every case: what is found can always be made
//! optional, or its label can say whom it is about.

use bisik_formats::form::{Field, FieldKind, Form, Need, Role, Text};

/// What tells who somebody is, whoever is asked for it.
const IDENTITIES: &[&str] = &[
    "nik",
    "ktp",
    "nip",
    "nrp",
    "npwp",
    "paspor",
    "passport",
    "identitas",
    "identity",
    "telepon",
    "telpon",
    "telp",
    "phone",
    "telephone",
    "hp",
    "handphone",
    "ponsel",
    "seluler",
    "mobile",
    "whatsapp",
    "wa",
    "telegram",
    "email",
    "surel",
    "biodata",
];

/// What tells who somebody is if nothing but this is asked for.
const BARE: &[&str] =
    &["nama", "name", "alamat", "address", "lengkap", "full", "asli", "real", "alias", "samaran"];

/// What tells who the reporter is if it is the reporter's.
const OWNED: &[&str] = &[
    "nama",
    "name",
    "alamat",
    "address",
    "jabatan",
    "position",
    "pekerjaan",
    "occupation",
    "pangkat",
    "rank",
    "unit",
    "diri",
    "kontak",
    "contact",
    "pegawai",
    "employee",
    "induk",
    "lahir",
    "birth",
    "kependudukan",
    "siapa",
    "tanda",
    "pengenal",
    "data",
];

/// Words for the reporter that stand beside what is the reporter's.
const REPORTER: &[&str] =
    &["pelapor", "pengadu", "reporter", "complainant", "whistleblower", "anda", "saya", "your", "my"];

/// Words that may stand between the two.
const LINKS: &[&str] = &[
    "lengkap", "asli", "resmi", "pribadi", "rumah", "kerja", "nomor", "no", "dan", "atau", "dari", "milik",
    "si", "sang", "full", "real", "legal", "own", "home", "personal", "work", "number", "id", "of", "the",
    "and", "or", "s",
];

/// Words for people and things that a question may be about instead.
const OTHERS: &[&str] = &[
    "terlapor",
    "dilaporkan",
    "pelaku",
    "terduga",
    "terlibat",
    "saksi",
    "pejabat",
    "petugas",
    "atasan",
    "korban",
    "pihak",
    "orang",
    "keterangan",
    "penerima",
    "pemberi",
    "perusahaan",
    "penyedia",
    "kantor",
    "instansi",
    "lembaga",
    "proyek",
    "kegiatan",
    "accused",
    "suspect",
    "involved",
    "witness",
    "testify",
    "official",
    "officer",
    "victim",
    "company",
    "vendor",
    "office",
    "agency",
    "project",
    "people",
    "person",
];

/// Returns the id of the first field that demands the reporter's identity.
#[must_use]
pub fn demanded_identity(form: &Form) -> Option<&str> {
    let asked = form.fields().find_map(demanded_by);
    asked.or_else(|| {
        let demanded = form.one_of.iter().filter(|set| set.need != Need::Optional);
        demanded.into_iter().find_map(|set| {
            let mut fields = set.fields.iter().filter_map(|id| form.field(id));
            fields.all(|field| asks(field, None)).then(|| set.fields.first().map(String::as_str)).flatten()
        })
    })
}

/// Returns the id of this field, or of its part, if it is not optional and asks who the reporter is.
fn demanded_by(field: &Field) -> Option<&str> {
    if field.need == Need::Optional {
        return None;
    }
    if asks(field, None) {
        return Some(&field.id);
    }
    let FieldKind::Group { fields, one_of, .. } = &field.kind else { return None };
    let part = fields.iter().find(|part| part.need != Need::Optional && asks(part, Some(field)));
    let chosen = || {
        let mut parts = one_of.iter().filter_map(|id| field.part(id)).peekable();
        parts.peek().copied().filter(|_| parts.all(|part| asks(part, Some(field))))
    };
    part.or_else(chosen).map(|part| part.id.as_str())
}

/// Says whether a question asks who the reporter is. The question of a group tells whom its parts are about.
fn asks(field: &Field, group: Option<&Field>) -> bool {
    if field.role == Some(Role::Identity) {
        return true;
    }
    if matches!(field.kind, FieldKind::YesNo | FieldKind::Category | FieldKind::Choice { .. }) {
        return false;
    }
    let texts = texts(field);
    if texts.iter().any(|words| is_the_reporters(words)) {
        return true;
    }
    let around = group.map(self::texts).unwrap_or_default();
    if around.iter().any(|words| is_the_reporters(words) || words.iter().any(|word| word == "pelapor")) {
        return texts.iter().any(|words| holds(words, IDENTITIES) || holds(words, OWNED));
    }
    let about_others = texts.iter().chain(&around).any(|words| holds(words, OTHERS));
    let is_bare = |words: &Vec<String>| words.iter().all(|word| BARE.contains(&word.as_str()));
    !about_others && texts.iter().any(|words| holds(words, IDENTITIES) || is_bare(words))
}

/// Says whether something that identifies stands beside a word for the reporter.
fn is_the_reporters(words: &[String]) -> bool {
    let identifies = |word: &str| IDENTITIES.contains(&word) || OWNED.contains(&word);
    let mut last = None;
    for word in words.iter().map(String::as_str) {
        let now = (identifies(word), REPORTER.contains(&word));
        match (last, now) {
            (Some((true, _)), (_, true)) | (Some((_, true)), (true, _)) => return true,
            _ if LINKS.contains(&word) && last.is_some() => {}
            _ => last = Some(now),
        }
    }
    false
}

fn holds(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

/// Returns the words of the id and of both labels.
fn texts(field: &Field) -> [Vec<String>; 3] {
    let Text { id, en } = &field.label;
    [&field.id, id, en].map(|text| words(text))
}

fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace("e-mail", "email");
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FORM: &str = include_str!("../../../../deploy/forms/kpk.toml");

    fn question(id: &str, indonesian: &str, english: &str, need: Need) -> Field {
        Field {
            id: id.to_owned(),
            label: Text { id: indonesian.to_owned(), en: english.to_owned() },
            help: None,
            need,
            kind: FieldKind::Text { long: false, min: 0, max: 100 },
            role: None,
        }
    }

    fn demands(field: Field) -> bool {
        let mut form: Form = toml::from_str(FORM).unwrap();
        form.sections.last_mut().unwrap().fields.push(field);
        demanded_identity(&form).is_some()
    }

    #[test]
    fn who_the_reporter_is_must_not_be_demanded_in_whatever_words() {
        for (id, indonesian, english) in [
            ("nama_pelapor", "Nama atau samaran", "Name or alias"),
            ("a", "Nama lengkap", "Full name"),
            ("a", "Nama Anda", "Your name"),
            ("a", "Siapa nama lengkap Anda?", "What is it?"),
            ("a", "Identitas pelapor", "Who reports"),
            ("a", "Identitas (nama, alamat, dan nomor telepon pelapor)", "Details"),
            ("a", "NIK", "National number"),
            ("a", "Nomor KTP", "Card number"),
            ("nip", "Nomor kepegawaian", "Number"),
            ("a", "Nomor HP yang aktif", "A number that works"),
            ("a", "Kontak", "WhatsApp"),
            ("a", "Surat elektronik", "E-mail"),
            ("a", "Alamat", "Address"),
            ("a", "Jabatan pelapor", "Position"),
            ("a", "Sebutkan", "The reporter's home address"),
            ("a", "Pelapor: nama dan unit kerja", "Details"),
            ("a", "Nama pelapor atau terlapor", "Names"),
            ("a", "Siapa Anda?", "Tell us"),
        ] {
            assert!(
                demands(question(id, indonesian, english, Need::Required)),
                "{id} {indonesian} {english}"
            );
            assert!(
                demands(question(id, indonesian, english, Need::Expected)),
                "{id} {indonesian} {english}"
            );
            assert!(
                !demands(question(id, indonesian, english, Need::Optional)),
                "{id} {indonesian} {english}"
            );
        }
    }

    #[test]
    fn others_may_be_asked_for() {
        for (id, indonesian, english) in [
            ("nama_terlapor", "Nama", "Name"),
            ("a", "Nama terlapor", "Name of the accused"),
            ("a", "Nama pejabat yang Anda laporkan", "Name of the official you report"),
            ("a", "NIP dan jabatan terlapor", "Employee number and position of the accused"),
            ("a", "Nomor telepon saksi", "Phone number of a witness"),
            ("a", "Nama kegiatan", "Name of the project"),
            ("a", "Alamat kejadian", "Where it happened"),
            ("a", "Apa yang Anda alami?", "What happened to you?"),
            ("a", "Apa hubungan saksi dengan terlapor?", "How do they know each other?"),
            ("a", "Nomor rekening perusahaan", "Bank account of the company"),
        ] {
            assert!(
                !demands(question(id, indonesian, english, Need::Required)),
                "{id} {indonesian} {english}"
            );
        }
    }

    #[test]
    fn groups_tell_whom_their_parts_are_about() {
        let group = |id: &str, label: &str, need, parts: Vec<Field>, one_of: &[&str]| Field {
            kind: FieldKind::Group {
                max: 3,
                fields: parts,
                one_of: one_of.iter().map(|&id| id.to_owned()).collect(),
            },
            ..question(id, label, "Group", need)
        };
        let nip = |need| vec![question("nama", "Nama", "Name", need), question("nip", "NIP", "Number", need)];
        let (required, optional) = (Need::Required, Need::Optional);
        assert!(!demands(group("siapa", "Siapa yang terlibat?", required, nip(required), &["nama"])));
        assert!(demands(group("data", "Pelapor", required, nip(required), &[])));
        assert!(demands(group("data", "Data", required, nip(required), &[])));
        assert!(demands(group("data", "Data", required, nip(optional), &["nama", "nip"])));
        assert!(!demands(group("data", "Data", required, nip(optional), &[])));
        assert!(!demands(group("data", "Data", optional, nip(required), &["nama"])));
        assert!(demands(group("data", "Data diri Anda", required, nip(optional), &[])));
    }

    #[test]
    fn a_choice_between_identities_is_a_demand() {
        let mut form: Form = toml::from_str(FORM).unwrap();
        let fields = &mut form.sections.last_mut().unwrap().fields;
        fields.push(question("hp", "Nomor HP", "Phone", Need::Optional));
        fields.push(question("surel", "Surel", "E-mail", Need::Optional));
        assert_eq!(demanded_identity(&form), None);
        let set = |fields: &[&str], need| bisik_formats::form::OneOf {
            fields: fields.iter().map(|&id| id.to_owned()).collect(),
            need,
        };
        form.one_of.push(set(&["hp", "surel"], Need::Optional));
        form.one_of.push(set(&["hp", "apa"], Need::Required));
        assert_eq!(demanded_identity(&form), None);
        form.one_of.push(set(&["hp", "surel"], Need::Expected));
        assert_eq!(demanded_identity(&form), Some("hp"));
    }
}
