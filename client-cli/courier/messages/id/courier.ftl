# Bantuan.
help-about = Membawa laporan tersegel ke media, dan kotak keluar meja kembali ke server
    .details = Kurir tidak dapat membaca laporan. Token akses dibaca dari berkasnya, tidak pernah dari baris perintah.
help-root-config = Berkas konfigurasi
    .value = BERKAS
help-root-server = Alamat kurir untuk instansi, misalnya http://127.0.0.1:8081/kpk
    .value = ALAMAT
help-root-token-file = Berkas token akses yang hanya dapat dibaca oleh Anda
    .value = BERKAS
help-root-proxy = Proksi SOCKS, misalnya Tor di 127.0.0.1:9050
    .value = INANG:PORTA
help-pull = Ambil laporan tersegel ke media
help-pull-to = Folder media
    .value = FOLDER
help-push = Antarkan kotak keluar di media ke server
help-push-from = Folder media
    .value = FOLDER
help-status = Tampilkan hitungan server

# pull
pull-progress = Mengambil { $count } laporan
pull-done = Diambil: { $fetched }. Sudah ada di media: { $present }.
pull-mismatch = Isi laporan { $id } tidak sesuai dengan namanya. Laporan itu tidak disimpan.
pull-blocked = Ada folder di tempat laporan { $id }. Pindahkan folder itu, lalu jalankan lagi.

# push
item-card = kartu instansi
item-edition = edisi meja { $desk }
item-acknowledgement = tanda terima meja { $desk }
push-taken = Server sudah memegang { $item }.
push-refused = Tidak terkirim: { $item }. { $cause } { $advice }
push-foreign = Ada { $count } benda bernama asing di kotak keluar. Semua itu tidak dikirim.
push-nothing = Kotak keluar kosong. Tidak ada yang dikirim.

# status
status-card = Kartu: nomor { $serial }, berlaku sampai { $expires }.
status-no-card = Server belum memegang kartu instansi.
status-reports = Laporan: { $reports } ({ $bytes } bita), yang tertua dari { $oldest }.
status-no-reports = Tidak ada laporan dari hari yang sudah selesai.
status-desk = Meja { $desk }: edisi { $edition }, sampai { $until }.
status-desk-silent = Meja { $desk }: tidak ada edisi yang berlaku.
status-acknowledged = Meja { $desk }: tanda terima terakhir pada { $day }.

# Kesalahan: konfigurasi.
err-config = Berkas konfigurasi memuat isian yang tidak dikenal atau salah tulis.
    .advice = Isinya boleh server, token_file, dan proxy, masing-masing teks dalam tanda kutip.
err-missing = { $option } belum diberikan.
    .advice = Tulis di baris perintah, atau di berkas konfigurasi.
err-address = Alamat server salah tulis.
    .advice = Tulis seperti https://server.contoh/instansi, lengkap dengan jalur instansi.
err-unencrypted = Alamat ini tidak terenkripsi, sehingga token akses dapat dibaca orang lain.
    .advice = Pakai https, alamat onion, atau terowongan ke mesin ini.
err-proxy = Proksi salah tulis.
    .advice = Tulis inang dan porta, misalnya 127.0.0.1:9050.
err-token-file = Berkas token tidak berisi token akses.
    .advice = Isinya satu baris dengan 64 angka 0-9 dan a-f. Mintalah kepada operator server.
err-token-open = Orang lain di mesin ini dapat membaca berkas token.
    .advice = Jalankan chmod 600 pada berkas itu, dan minta token baru kepada operator.

# Kesalahan: server.
err-unreachable = Server tidak dapat dihubungi: { $detail }.
    .advice = Periksa jaringan, proksi, dan alamat, lalu ulangi. Tidak ada yang hilang.
err-cut = Sambungan terputus.
    .advice = Jalankan perintah yang sama lagi. Yang sudah selesai tetap selesai.
err-answer = Jawaban server tidak dapat dipahami.
    .advice = Periksa apakah ini alamat kurir dari server tersebut.
err-status = Server menolak dengan status { $status }.
    .advice = Ulangi nanti. Bila tetap begitu, beri tahu operator server.
err-token = Server tidak menerima token akses ini.
    .advice = Periksa apakah ini token instansi tersebut, atau minta yang baru kepada operator.
err-not-found = Server tidak mengenal instansi ini.
    .advice = Periksa jalur di akhir alamat.
err-no-card = Server belum memegang kartu instansi.
    .advice = Bawa kartu lebih dahulu: taruh card.bundle di kotak keluar, lalu jalankan push lagi.
err-busy = Server sedang sibuk.
    .advice = Jalankan perintah yang sama lagi beberapa menit kemudian.
err-server-full = Ruang di server habis.
    .advice = Beri tahu operatornya, lalu jalankan perintah yang sama lagi.
err-card-invalid = Menurut server, kartu instansi tidak sah.
    .advice = Ambil lagi kartu dari pemegang kunci akar.
err-card-old = Server sudah memegang kartu yang lebih baru.
    .advice = Abaikan bila kartu baru itu benar. Bila tidak, tanyakan kepada pemegang kunci akar.
err-edition-invalid = Menurut server, edisi ini tidak sah.
    .advice = Minta meja menerbitkan lagi dengan kartu terbaru.
err-edition-old = Server sudah memegang edisi yang lebih baru, atau edisi lain bernomor sama.
    .advice = Minta meja menerbitkan lagi. Beri tahu meja tentang kejadian ini.
err-acknowledgement-invalid = Menurut server, tanda terima ini tidak sah.
    .advice = Minta meja menerbitkan lagi dengan kartu terbaru.

# Kesalahan: media.
err-stick-missing = Folder { $path } tidak ada.
    .advice = Pasang media dan periksa nama foldernya.
err-stick-full = Media penuh.
    .advice = Isinya tetap baik. Bawa ke meja, atau lanjutkan dengan media lain.
err-stick-in-use = Kurir lain sedang memakai media ini.
    .advice = Tunggu sampai selesai.
err-no-outbox = Tidak ada kotak keluar di media: { $path }.
    .advice = Minta meja menerbitkan ke media ini lebih dahulu.
err-not-folder = { $path } bukan folder.
    .advice = Seharusnya ada folder di situ. Periksa media ini sebelum dipakai.
err-half-edition = Edisi di media tidak utuh: { $path }.
    .advice = Minta meja menerbitkan lagi ke media ini.

# Kesalahan: seluruh perintah.
err-refused = { $count } laporan ditolak seperti disebut di atas. Semua yang lain sudah di media.
    .advice = Jalankan sekali lagi. Bila tetap begitu, beri tahu operator bahwa ada laporan yang rusak.
err-push = { $count } dari { $total } bagian kotak keluar belum sampai ke server, seperti disebut di atas.
    .advice = Ikuti petunjuk pada baris di atas, lalu jalankan push lagi. Yang sudah diterima tetap diterima.
