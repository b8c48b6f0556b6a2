# Formulir, satu pertanyaan demi satu.
form-welcome = Laporan untuk { $agency }
form-guidance = • { $text }
form-how = Kosongkan untuk melewati pertanyaan. Ketik ? bila tidak tahu.
form-self-check = Cocokkan dahulu. Jawaban bagian ini tidak dikirim.
form-advice = → { $text }
form-section = Bagian { $number } dari { $all }: { $title }
form-optional = (opsional)
form-required = Pertanyaan ini harus dijawab agar laporan dapat dikirim.
form-yes = Ya
form-no = Tidak
form-unknown = Tidak tahu
form-short = Ceritakan lebih banyak: minimal { $min } huruf, baru { $count }. Yang sudah Anda tulis tetap tersimpan.
form-room = Masih muat sekitar { $left } bita teks.
form-entry = Isian ke-{ $number }
form-group = { $label }
form-help = { $help }
form-entry-empty = Isi paling sedikit satu dari pertanyaan ini.
form-entry-dropped = Isian kosong tidak disertakan.
form-changed = Lembaga baru saja mengganti formulirnya. Jawaban yang tidak cocok lagi dihapus; periksa kembali.
ask-fill = Isi bagian ini?
ask-another = Tambah satu lagi?
ask-cut = Teks ini { $count } huruf, paling banyak { $max }. Potong di sana?
ask-change = Tulis ulang jawaban ini?

when-day = Pada satu tanggal
when-month = Pada satu bulan
when-range = Dari tanggal sampai tanggal
when-ongoing = Masih berlangsung
when-unreadable = Tanggal itu tidak dapat dibaca.
when-backwards = Tanggal akhir lebih awal daripada tanggal mulai.
ask-day = Tanggal (contoh 2026-05-12):
ask-month = Bulan (contoh 2026-05):
ask-day-from = Mulai tanggal (contoh 2026-05-12):
ask-day-to = Sampai tanggal:

ask-leave-out = Meja mana yang dipimpin, diawasi, atau dekat dengan terlapor? Meja itu tidak akan bisa membaca. Kosongkan bila tidak ada.
desks-none-left = Paling sedikit satu meja harus dapat membaca.
desks-chosen = Yang dapat membaca: { $desks }

ask-file = Nama berkas bukti (kosongkan bila selesai):
ask-drop-files = Sudah ada { $count } berkas. Hapus dari laporan dan mulai lagi?
ask-file-kind = Berkas ini apa?
ask-file-holders = Berapa orang lain yang juga memegang berkas ini?
ask-file-note = Keterangan singkat (boleh kosong):
ask-file-name = Sertakan nama asli berkas? Nama berkas dapat menunjukkan siapa Anda.
holders-one = Satu orang
holders-few = Dua sampai lima orang
holders-many = Lebih dari lima orang
holders-unknown = Tidak tahu
warn-few-holders = Bila hanya sedikit orang memegang berkas ini, terlapor dapat menebak siapa pelapornya.
warn-evidence-content = Apa yang tampak dalam berkas tidak diubah. Periksa nama dan wajah di dalamnya.

# Pembersihan berkas.
evidence-cleaned = { $path } dibersihkan di perangkat ini. Dihapus: { $found }.
evidence-clean = { $path } tidak berisi keterangan tersembunyi.
evidence-uncleaned = { $path } tidak dapat dibersihkan: { $reason }
evidence-holds = Di dalamnya ada: { $found }.
evidence-uncleaned-advice = Foto layar, atau salinan dalam format lain, sering dapat dibersihkan.
ask-uncleaned = Apa yang dilakukan dengan { $path }?
uncleaned-leave-out = Jangan sertakan
uncleaned-send = Kirim apa adanya, dengan keterangan tersembunyi di dalamnya
reason-unknown-format = formatnya tidak dikenal.
reason-encrypted = berkas terkunci dengan kata sandi.
reason-damaged = berkas rusak.
reason-too-large = berkas terlalu besar.
reason-unsupported = formatnya, atau sesuatu di dalamnya, belum dapat dibersihkan.
trace-location = lokasi
trace-time = waktu
trace-device = jenis ponsel atau alat
trace-author = nama orang
trace-software = program yang dipakai
trace-caption = judul dan keterangan
trace-thumbnail = gambar kecil
trace-history = riwayat perubahan
trace-identifier = nomor pengenal
trace-other = keterangan tersembunyi lain
warn-evidence-size = { $files } berkas bukti. Pengamat jaringan dapat melihat kiriman yang lebih besar, sekitar { $megabytes } MB.

# Kata yang dapat menunjukkan siapa penulisnya.
warn-hint-identity-number = Ada 16 angka yang mirip NIK.
warn-hint-phone = Ada yang mirip nomor telepon.
warn-hint-email = Ada yang mirip alamat surel.
warn-hint-oneself = Ada kalimat tentang diri Anda. Jangan tulis nama atau jabatan Anda, kecuali memang perlu.

# Periksa jawaban.
review-title = Periksa jawaban Anda.
review-line = { $number }. { $label }: { $answer }
review-empty = Tidak diisi
review-files = { $count } berkas
review-readers = Yang dapat membaca: { $desks }. Sidik kunci lembaga: { $fingerprint }
review-complete = Terisi { $answered } dari { $asked } unsur.
review-gap-required = Harus diisi: { $label }
review-gap-expected = Belum diisi, laporan tetap dapat dikirim: { $label }
review-missing = Masih ada yang harus diisi.
review-send = Kunci dan kirim
review-change = Ubah sebuah jawaban
review-desks = Ubah meja penerima
review-leave = Batalkan
ask-review = Lanjutkan?
ask-which = Jawaban mana yang diubah?
ask-leave = Batalkan laporan ini? Semua isian akan hilang.
