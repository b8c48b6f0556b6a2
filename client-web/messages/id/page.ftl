# Kerangka halaman. Judul tetap netral.
title = Layanan Informasi
title-wrong = Kesalahan: Layanan Informasi
other-language = English
quick-exit = Keluar cepat
back = Kembali
continue = Lanjutkan
skip = Lewati
retry = Coba lagi
help = Bantuan
key-link = Kunci lembaga
yes = Ya
no = Tidak
unknown = Tidak tahu
optional = (opsional)
pick-one = Pilih satu
give-up = Batalkan laporan ini
list-and = { $first } dan { $last }
months = Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember
size-bytes = { $count } bita
size-kilo = { $count } kB
size-mega = { $count } MB
leave-warning = Jika halaman ini ditutup sekarang, kode atau kiriman Anda hilang.

# Kata di atas kotak pemberitahuan.
word-advice = Saran
word-careful = Perhatikan
word-problem = Ada masalah
word-clean = Sudah bersih
word-not-clean = Belum bisa dibersihkan
word-lost = Sambungan terputus
word-good = Cocok

# Pemeriksaan perangkat.
device-title = Buka di peramban lain
device-in-app = Halaman ini terbuka di dalam aplikasi lain. Aplikasi itu dapat membaca yang Anda ketik.
device-opera-mini = Opera Mini mengolah halaman di server miliknya. Yang Anda ketik dapat terbaca di sana.
device-old = Peramban ini tidak memiliki alat yang diperlukan untuk mengunci laporan.
device-what = Belum ada yang dikirim, dan belum ada yang disimpan.
device-address = Salin alamat ini ke Tor Browser, Firefox, atau Chrome versi terbaru:
device-tor = Paling aman adalah Tor Browser, di perangkat milik Anda sendiri.

# Menunggu berkas lembaga.
waiting-title = Sebentar
waiting-fetching = Sedang mengambil dan memeriksa kartu lembaga …
waiting-lost = Kartu lembaga belum dapat diambil. Periksa jaringan, lalu coba lagi.

# Beranda.
home-title = Sampaikan laporan dengan aman
home-purpose = Di sini Anda dapat melaporkan pelanggaran di lembaga pemerintah tanpa menyebut nama.
home-promise = Laporan dikunci di perangkat Anda. Server kami hanya menyimpan berkas terkunci dan tidak mencatat nama atau alamat internet Anda.
home-limit = Kami tidak dapat menyembunyikan dari penyedia internet bahwa Anda membuka alamat ini, kecuali Anda memakai Tor.
home-tor = Anda membuka alamat .onion lewat Tor, jadi penyedia internet tidak melihat kunjungan ini.
home-report = Buat laporan
home-return = Saya sudah punya kode
home-key = Sidik kunci lembaga
home-key-help = Cocokkan dengan poster atau kop surat lembaga sebelum menulis.

# Sebelum mulai.
before-title = Sebelum mulai
before-device = Jangan memakai ponsel, komputer, akun, atau Wi-Fi kantor. Pakai perangkat milik Anda sendiri.
before-trace = Riwayat peramban di perangkat ini tetap dapat dilihat orang lain. Gunakan jendela samaran dan tutup setelah selesai.
before-silence = Jangan ceritakan laporan ini kepada siapa pun, termasuk teman dekat di kantor.
before-files = Kirim yang sudah Anda miliki secara sah. Jangan membobol sistem atau mengambil berkas di luar tugas Anda.
before-memory = Tulisan Anda hanya ada di halaman ini sampai terkirim. Bila halaman ditutup, tulisan itu hilang.
before-exit = Tombol “Keluar cepat” ada di kanan atas setiap layar. Menekan Shift tiga kali berguna sama. Isian dihapus, lalu halaman cuaca terbuka. Riwayat peramban tidak ikut terhapus.
before-more = Panduan lengkap dari lembaga
before-understood = Saya mengerti

# Cocokkan dengan lembaga.
check-title = Apakah ini lembaga yang tepat?
check-help = Jawaban di layar ini hanya untuk Anda dan tidak dikirim. Anda selalu boleh melanjutkan.

# Kunci lembaga.
key-title = Kunci lembaga
key-what = Laporan hanya dapat dibuka oleh lembaga yang memiliki sidik kunci ini.
key-groups = Sidik kunci, delapan kelompok
key-where = Di mana mencocokkannya
key-poster = Poster di kantor lembaga.
key-gazette = Kop surat atau berita resmi lembaga.
key-phone = Rekaman suara di nomor telepon resmi lembaga.
key-second = Organisasi masyarakat yang Anda percaya.
key-card = Kartu nomor { $serial }, berlaku { $issued } sampai { $expires }.
key-truth = Halaman yang disajikan server bisa saja diubah. Halaman yang sudah disimpan dan dicocokkan tidak dapat diubah server.
key-match = Cocok
key-no-match = Tidak cocok
key-matched = Sidik kunci cocok. Anda dapat kembali dan melanjutkan.

# Bantuan.
help-title = Bantuan
help-see = Siapa yang dapat melihat apa?
help-see-server = Server hanya menyimpan berkas terkunci. Isinya tidak dapat dibuka oleh pengelola server.
help-see-provider = Penyedia internet dapat melihat bahwa Anda membuka alamat ini. Hanya Tor yang menyembunyikannya.
help-see-desk = Petugas di meja yang Anda pilih membuka laporan di komputer tanpa jaringan. Mereka tidak tahu siapa Anda.
help-code = Untuk apa kode tanda terima?
help-code-what = Dengan kode itu Anda membaca jawaban dan menulis lagi tanpa menyebut nama.
help-code-lost = Bila kode hilang, kami tidak bisa memulihkannya. Anda dapat membuat laporan baru dan menyebut laporan lama.
help-answer = Kapan ada jawaban?
help-answer-when = Berkas dibawa petugas dengan tangan, jadi jawaban perlu beberapa hari.
help-answer-how = Lihat paling cepat setelah tujuh hari, pada jam yang berganti-ganti.
help-files = Apakah bukti saya aman?
help-files-clean = Keterangan tersembunyi seperti lokasi dan waktu dihapus di perangkat Anda. Isi gambar dan tulisan tidak diubah.
help-files-copy = Bila sedikit orang memegang berkas itu, isinya saja sudah dapat menunjukkan Anda.
help-law = Apakah hukum melindungi saya?
help-law-protects = Undang-undang melindungi pelapor yang beritikad baik. Bila terancam, hubungi LPSK. Ini bukan nasihat hukum.
help-law-limits = Kami tidak dapat menjanjikan bahwa Anda tidak akan digugat atau dicari.
help-leave = Bagaimana saya pergi tanpa jejak?
help-leave-exit = Tekan “Keluar cepat”, atau Shift tiga kali. Semua isian dihapus dari halaman.
help-leave-history = Alamat halaman ini tetap ada di riwayat peramban. Hapus riwayat itu sendiri, atau pakai jendela samaran.
help-leave-idle = Setelah 20 menit tanpa sentuhan, halaman menghapus semua isian. Dua menit sebelumnya Anda ditanya.
help-save = Bisakah saya memakainya tanpa jaringan?
help-save-how = Bisa. Buka halaman berkas: alamat ini ditambah “files”. Unduh halaman ini, kartu, dan edisi di sana, lalu buka halaman simpanan itu.

# Halaman yang disimpan.
offline-title = Halaman yang disimpan
offline-what = Halaman ini berjalan tanpa jaringan. Laporan dikunci menjadi berkas yang Anda unggah atau titipkan nanti.
offline-files = Pilih berkas dari halaman berkas lembaga: kartu, daftar edisi, dan edisi setiap meja. Halaman itu ada di alamat lembaga ditambah “files”.
offline-pick = Pilih berkas lembaga
offline-reading = Sedang memeriksa berkas …

# Peringatan.
drop-title = Batalkan laporan ini?
drop-what = Semua isian dan bukti akan dihapus dari halaman ini. Itu tidak dapat dibatalkan.
drop-stay = Tetap menulis
drop-confirm = Hapus semua isian
idle-title = Masih di sini?
idle-what = Sudah lama tidak ada sentuhan. Dalam dua menit semua isian akan dihapus demi keamanan Anda.
idle-code = Kode tanda terima juga akan dihapus. Lanjutkan, lalu tulis kode itu bila belum.
idle-stay = Ya, lanjutkan
idle-leave = Hapus dan keluar
stopped-title = Halaman berhenti
stopped-today = Menurut perangkat ini, hari ini { $date }.
