//! The words of the story, in Indonesian and English, and the invented report.

use serde_json::{Value, json};

/// Who acts in a scene, in Indonesian and English.
type Party = (&'static str, &'static str);

const ROOT_PARTY: Party = ("Pemegang kunci akar", "Root");
const SERVER: Party = ("Server", "Server");
const REPORTER: Party = ("Pelapor", "Reporter");
const COURIER: Party = ("Kurir", "Courier");
const DESK: Party = ("Petugas", "Officer");

/// What happens at one party.
pub(super) struct Scene {
    pub(super) party: Party,
    pub(super) id: &'static str,
    pub(super) en: &'static str,
}

/// Something that must hold.
pub(super) struct Check {
    pub(super) id: &'static str,
    pub(super) en: &'static str,
}

const fn scene(party: Party, id: &'static str, en: &'static str) -> Scene {
    Scene { party, id, en }
}

const fn check(id: &'static str, en: &'static str) -> Check {
    Check { id, en }
}

pub(super) const CHOSEN_NAMES: (&str, &str) =
    ("Inspektorat Kabupaten Rekaan", "Inspectorate of Rekaan Regency");
pub(super) const LEFT_OUT_NAMES: (&str, &str) =
    ("Unit Pengawas Dinas Contoh", "Supervisory Unit of the Sample Office");

/// The description of the agency for its card.
pub(super) const CARD: &str = r#"
names = { id = "Kabupaten Rekaan", en = "Rekaan Regency" }
letters = 16
limits = { report_bytes = 50000000, file_bytes = 20000000 }
contacts = [{ names = { id = "LPSK, perlindungan saksi", en = "LPSK, witness protection" }, address = "148" }]
"#;

pub(super) const ROOT: Scene = scene(
    ROOT_PARTY,
    "Membuat dua kunci akar di komputer tanpa jaringan. Kunci ini disimpan di brankas.",
    "Makes two root keys on a machine without network. They stay in a safe.",
);
pub(super) const FINGERPRINT: Scene = scene(
    ROOT_PARTY,
    "Sidik jari instansi, untuk poster dan kop surat: {}",
    "The agency's fingerprint, for posters and letterheads: {}",
);
pub(super) const CARD_SIGNED: Scene = scene(
    ROOT_PARTY,
    "Menandatangani kartu instansi: dua meja penerima, kuncinya, dan formulir. Server tidak dapat mengubahnya.",
    "Signs the agency's card: two desks, their keys, and the form. No server can change it.",
);
pub(super) const SERVING: Scene = scene(
    SERVER,
    "Kotak laporan terbuka di {}. Setiap meja sudah menerbitkan edisi pertama yang seluruhnya kosong.",
    "The box is open at {}. Each desk has published a first edition, all of it empty.",
);
pub(super) const REPORTING: Scene = scene(
    REPORTER,
    "Mengisi formulir, melampirkan foto dan kuitansi, lalu mengunci semuanya di perangkat sendiri. Terlapor memimpin \
     dinas, maka meja \"dinas\" ditinggalkan.",
    "Answers the form, adds a photo and a receipt for a payment, and seals it all on the own device. The accused leads \
     the office, so the desk \"dinas\" is left out.",
);
pub(super) const RECEIPT: Scene = scene(
    REPORTER,
    "Laporan tersimpan di server. Kode tanda terima, ditulis di kertas: {} (nomor pesan {})",
    "The server has stored it. The receipt, written on paper: {} (message {})",
);
pub(super) const SERVER_HOLDS: Scene = scene(
    SERVER,
    "Menyimpan {} berkas. Isi laporan, kode, dan nama tidak ada di satu pun berkas itu.",
    "Keeps {} files. Neither the words of the report nor receipt nor names are in any of them.",
);
pub(super) const PULLED: Scene = scene(
    COURIER,
    "Berkas tersegel yang diambil ke media USB: {}. Kurir tidak dapat membukanya.",
    "Sealed files fetched onto the USB stick: {}. The courier cannot open them.",
);
pub(super) const IMPORTED: Scene = scene(
    DESK,
    "Kedua meja membaca media yang sama di komputer tanpa jaringan. Kasus baru di inspektorat: {}. Di dinas: {}.",
    "Both desks read the same stick on machines without network. New cases at inspektorat: {}. At dinas: {}.",
);
pub(super) const SHOWN: Scene = scene(DESK, "Membaca kasus 1:", "Reads case 1:");
pub(super) const ANSWERING: Scene = scene(
    DESK,
    "Meminta pelengkap: status \"perlu_lengkap\", satu pesan, dua pertanyaan.",
    "Asks for completion: status \"perlu_lengkap\", a message, two questions.",
);
pub(super) const PUBLISHED: Scene = scene(
    DESK,
    "Meja {} menerbitkan edisi: {} dari {} tempat berisi surat sungguhan. Dari luar semuanya sama.",
    "Desk {} publishes an edition: {} of {} places hold a real letter. From outside all look alike.",
);
pub(super) const PUSHED: Scene = scene(
    COURIER,
    "Mengantarkan {} bagian kotak keluar ke server. Server memeriksa semua tanda tangan.",
    "Brings {} parts of the outbox to the server, which checks every signature.",
);
pub(super) const READING: Scene = scene(
    REPORTER,
    "Mengambil seluruh edisi, seperti semua orang, dan membuka suratnya dengan kode tanda terima:",
    "Fetches whole editions, as everybody does, and opens the own letter with the receipt:",
);
pub(super) const FOLLOWING_UP: Scene = scene(
    REPORTER,
    "Menjawab pertanyaan. Kunjungan ini tampak sama seperti kunjungan membaca.",
    "Answers the questions. This visit looks the same as one that reads.",
);
pub(super) const DELETED: Scene = scene(
    SERVER,
    "Menghapus laporan yang sudah dipegang semua meja. Sisa berkas tersegel: {} (umpan dari kunjungan terakhir).",
    "Deletes reports that every desk holds. Sealed files left: {} (decoys of the last visits).",
);
pub(super) const STILL_SERVING: Scene = scene(
    SERVER,
    "Masih melayani; akhiri dengan Ctrl-C. Coba sendiri, di peramban atau dengan program:\n    halaman pelapor: {}/\n    target/debug/bisik inbox --direct --server {} --agency {}\n    kode: {}",
    "Still serving; end with Ctrl-C. Try yourself, in a browser or with the program:\n    the reporter's page: {}/\n    target/debug/bisik inbox --direct --server {} --agency {}\n    receipt: {}",
);

pub(super) const CHECK_SERVER_BLIND: Check =
    check("server tidak memegang satu kata pun dari laporan", "the server holds no word of the report");
pub(super) const CHECK_STICK_BLIND: Check =
    check("media USB hanya berisi berkas terkunci", "the stick holds locked files only");
pub(super) const CHECK_OPENED: Check =
    check("meja yang dipilih membuka laporan", "the chosen desk opens the report");
pub(super) const CHECK_LEFT_OUT: Check =
    check("meja yang ditinggalkan tidak membuka apa pun", "the desk that was left out opens nothing");
pub(super) const CHECK_NOT_NOTICED: Check = check("meja itu juga tidak diberi tahu", "and is told nothing");
pub(super) const CHECK_EVIDENCE: Check =
    check("kedua bukti utuh dan bertanda tangan", "both pieces of evidence are whole and signed for");
pub(super) const CHECK_RECEIVED: Check =
    check("surat menyebut laporan yang diterima", "the letter names the report that was received");
pub(super) const CHECK_QUESTIONS: Check =
    check("surat memuat kedua pertanyaan", "the letter carries both questions");
pub(super) const CHECK_SAME_CASE: Check =
    check("pesan susulan masuk ke kasus yang sama", "the later message joins the same case");
pub(super) const CHECK_FOLLOW_UP: Check =
    check("pesan susulan dikonfirmasi", "the later message is confirmed");
pub(super) const CHECK_STATUS: Check =
    check("pelapor membaca status baru", "the reporter reads the new status");
pub(super) const CHECK_DELETED: Check = check(
    "server menghapus yang sudah diimpor semua meja",
    "the server deletes what all desks have imported",
);

pub(super) const PHOTO_NOTE: &str = "Papan proyek dan keadaan gedung pada bulan Juli.";
pub(super) const QUESTIONS: &str =
    "Tanggal berapa kira-kira pembayaran tahap tiga dilakukan?\nSiapa lagi yang melihat penyerahan itu?\n";
pub(super) const REPLY: &str =
    "Terima kasih, laporan Anda jelas. Untuk melanjutkan, kami membutuhkan dua hal di bawah ini.\n";
pub(super) const FOLLOW_UP: &str =
    "Pembayaran tahap tiga sekitar tanggal 12 Juni. Bendahara kegiatan ikut melihat penyerahan.";

/// The answers of the report; names, places and amounts are invented.
pub(super) fn answers(marker: &str) -> Value {
    let what = format!(
        "Pembayaran tahap tiga pekerjaan atap gedung serbaguna dicairkan penuh, padahal atap belum dipasang. Setelah \
         pencairan, pelaksana menyerahkan uang dalam {marker} kepada kepala bidang."
    );
    json!([
        {"field": "kategori", "value": {"choice": ["suap", "pengadaan"]}},
        {"field": "apa", "value": {"text": what}},
        {"field": "bagaimana", "value": {"text": "Berita acara kemajuan ditandatangani 100 persen tanpa pemeriksaan lapangan. \
            Kuitansi dibuat lebih dahulu, lalu uang dibagi dua hari kemudian."}},
        {"field": "siapa", "entry": 1, "part": "jabatan", "value": {"text": "Kepala bidang di Dinas Contoh"}},
        {"field": "siapa", "entry": 1, "part": "peran", "value": {"text": "Menerima uang dan menandatangani berita acara"}},
        {"field": "siapa", "entry": 2, "part": "nama", "value": {"text": "CV Rekaan Jaya"}},
        {"field": "siapa", "entry": 2, "part": "peran", "value": {"text": "Pelaksana pekerjaan"}},
        {"field": "hub_atasan", "value": {"yes_no": "yes"}},
        {"field": "kapan", "value": {"when": {"month": "2026-06"}}},
        {"field": "di_mana", "value": {"text": "Gedung serbaguna, Kecamatan Contoh, Kabupaten Rekaan"}},
        {"field": "nilai", "value": {"choice": ["di_bawah_1_m"]}},
        {"field": "tahu_dari", "value": {"choice": ["melihat", "dokumen"]}},
        {"field": "bukti_ket", "value": {"text": "Berita acara asli ada di lemari arsip kegiatan."}},
        {"field": "jangan_ungkap", "value": {"text": "Penyerahan uang hanya dilihat tiga orang."}},
    ])
}
