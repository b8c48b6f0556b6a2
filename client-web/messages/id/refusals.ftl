# Penolakan: apa yang terjadi, lalu apa yang dapat dilakukan.
# Kartu dan tanggal.
refusal-card-invalid = Kartu dari server bukan kartu sah dari lembaga ini.
    .advice = Jangan kirim apa pun ke sini. Cocokkan sidik kunci dengan poster lembaga.
refusal-card-foreign = Kartu ini milik lembaga lain.
    .advice = Jangan kirim apa pun ke sini. Cocokkan alamat dan sidik kunci dengan poster lembaga.
refusal-card-not-yet = Menurut jam perangkat ini, kartu lembaga belum berlaku.
    .advice = Jam perangkat atau kotaknya keliru. Periksa tanggal perangkat. Bila sudah benar, jangan percayai kotak ini.
refusal-card-expired = Menurut jam perangkat ini, kartu lembaga sudah kedaluwarsa.
    .advice = Jam perangkat atau kotaknya keliru. Periksa tanggal perangkat. Bila sudah benar, kotak ini tidak terurus: pakai jalan lain.
refusal-card-rolled-back = Server menyajikan kartu lama atau kartu lain daripada yang dipakai petugas.
    .advice = Jangan kirim apa pun. Coba lagi besok, dan beri tahu lembaga bila tetap begini.

# Edisi dan surat.
refusal-edition-missing = Meja ini belum menerbitkan edisi.
    .advice = Coba lagi beberapa hari lagi, atau pilih meja lain dengan sadar.
refusal-edition-invalid = Edisi dari meja ini tidak sah.
    .advice = Jangan kirim apa pun ke meja ini. Coba lagi nanti, dan beri tahu lembaga.
refusal-edition-clock = Jam perangkat ini tertinggal dari tanggal yang ditandatangani petugas.
    .advice = Jam perangkat atau kotaknya keliru. Periksa tanggal perangkat. Bila sudah benar, jangan percayai kotak ini.
refusal-edition-unread = Menurut jam perangkat ini, meja ini sudah lama tidak membaca laporan.
    .advice = Periksa tanggal perangkat. Bila sudah benar, tunggu, atau tinggalkan meja ini dengan sadar.
refusal-edition-body = Isi edisi bukan yang ditandatangani petugas.
    .advice = Server atau jaringan mengubahnya. Jangan kirim apa pun ke meja ini, dan coba lagi nanti.
refusal-letter-invalid = Ada surat dari meja ini yang tidak sah, jadi tidak ditampilkan.
    .advice = Jangan percayai isi lain yang mengaku dari meja ini. Coba lagi pada edisi berikutnya.

# Kode tanda terima.
refusal-receipt-length = Kode tanda terima terdiri atas 28 huruf dan angka.
    .advice = Periksa catatan Anda: tujuh kelompok, masing-masing empat.
refusal-receipt-symbol = Ada tanda yang keliru pada kode.
    .advice = Kode hanya berisi huruf dan angka, tanpa huruf U.
refusal-receipt-check = Ada huruf yang keliru pada kode, atau kode ini milik lembaga lain.
    .advice = Periksa catatan Anda huruf demi huruf, dan apakah lembaganya benar.

# Jaringan dan server.
refusal-network-lost = Server tidak dapat dicapai, atau sambungan terputus.
    .advice = Periksa jaringan, tunggu sebentar, lalu coba lagi. Tidak ada yang hilang di server.
refusal-server-odd = Server memberi jawaban yang tidak dikenal.
    .advice = Periksa alamat halaman ini. Bila benar, coba lagi nanti.
refusal-server-not-found = Kotak ini tidak ada di server.
    .advice = Cocokkan alamat dengan poster lembaga.
refusal-server-busy = Server sedang ramai. Pesan belum tersimpan.
    .advice = Coba lagi beberapa menit lagi.
refusal-server-full = Ruang di server sedang penuh. Pesan belum tersimpan.
    .advice = Coba lagi nanti. Laporan tanpa berkas bukti biasanya masih muat.
refusal-server-too-large = Laporan ini lebih besar daripada yang diterima lembaga.
    .advice = Kirim lebih sedikit bukti, atau bagi menjadi beberapa pesan.
refusal-server-shape = Server menolak bentuk laporan terkunci ini.
    .advice = Halaman ini mungkin sudah lama. Catat isian Anda, lalu muat ulang halaman.
refusal-server-desks = Lembaga baru saja mengganti kartunya. Pesan belum tersimpan.
    .advice = Lanjutkan pengiriman: kartu baru akan diambil, dan Anda dapat memeriksa jawaban lagi.
refusal-server-no-card = Kotak ini belum dibuka oleh lembaga.
    .advice = Coba lagi beberapa hari lagi.
refusal-server-failed = Server sedang bermasalah. Pesan belum tersimpan.
    .advice = Coba lagi nanti.
refusal-server-pow = Server menolak bukti kerja dari perangkat ini.
    .advice = Coba lagi beberapa menit lagi.
refusal-pow-too-hard = Server meminta pekerjaan yang tidak wajar.
    .advice = Jangan dilanjutkan. Coba lagi nanti, dan cocokkan alamat dengan poster lembaga.
refusal-upload-gone = Server sudah membuang kiriman yang terputus.
    .advice = Lanjutkan: pengiriman dimulai lagi dari awal. Tidak ada yang perlu diketik ulang.

# Bukti dan perangkat.
refusal-file-empty = Ada berkas bukti yang kosong.
    .advice = Kembali ke isian, lalu hapus berkas itu atau pilih yang benar.
refusal-file-changed = Ada berkas bukti yang berubah saat dibaca.
    .advice = Kembali ke isian. Tutup program yang memakai berkas itu, lalu pilih lagi.
refusal-file-too-large = Ada berkas bukti yang terlalu besar.
    .advice = Kembali ke isian, lalu perkecil berkas itu atau pilih bagian yang penting.
refusal-report-too-large = Semua bukti bersama terlalu besar untuk satu laporan.
    .advice = Bagi menjadi beberapa pesan.
refusal-too-many-files = Terlalu banyak berkas bukti.
    .advice = Bagi menjadi beberapa pesan.
refusal-out-of-memory = Memori perangkat ini tidak cukup.
    .advice = Tutup aplikasi lain, lalu coba lagi. Bila tetap gagal, kirim berkas yang lebih kecil.
refusal-no-desk = Tidak ada meja yang boleh membaca pesan ini.
    .advice = Sisakan paling sedikit satu meja, atau pilih lembaga lain.
refusal-desk-refused = Ada meja pilihan Anda yang sekarang tidak dapat menerima laporan.
    .advice = Kembali ke isian. Tinggalkan meja itu dengan sadar, atau coba lagi nanti.
refusal-text-too-long = Isi laporan terlalu panjang.
    .advice = Ringkaslah, atau kirim sisanya sebagai pesan susulan.

# Halaman ini sendiri.
refusal-unfilled = Halaman ini belum dipasangkan dengan sebuah lembaga.
    .advice = Buka alamat yang tercetak di poster lembaga.
refusal-no-match = Sidik kunci tidak cocok. Halaman ini mungkin palsu.
    .advice = Jangan kirim apa pun. Tutup halaman ini, dan hubungi lembaga lewat jalan lain.
refusal-wiped = Semua isian sudah dihapus, karena lama tidak ada sentuhan.
    .advice = Anda dapat memulai lagi.
refusal-page-failed = Ada yang gagal di halaman ini.
    .advice = Coba lagi. Bila tetap gagal, pakai peramban lain yang lebih baru.
