# Kata di depan baris kesalahan, saran, dan peringatan.
error = Gagal:
advice = Saran:
warning = Peringatan:

# Pertanyaan.
ask-yes-no = [y/t]
    .yes = [Y/t]
    .no = [y/T]
ask-again-yes-no = Jawablah dengan y (ya) atau t (tidak).
ask-choose = Nomor (1-{ $last }):{" "}
ask-choose-many = Nomor (1-{ $last }), boleh beberapa, dipisahkan koma:{" "}
ask-again-number = Ketik nomor dari 1 sampai { $last }.
ask-text-end = Akhiri dengan satu baris yang berisi titik saja.

# Kesalahan bersama.
err-input = Masukan tidak dapat dibaca: { $detail }.
    .advice = Jalankan perintah ini sekali lagi.
err-input-ended = Masukan berakhir sebelum pertanyaan dijawab.
    .advice = Jalankan lagi dan jawab sampai selesai.
err-input-not-text = Jawaban memuat bita yang bukan teks UTF-8.
    .advice = Ketik jawaban sebagai teks biasa.
err-input-too-long = Jawaban lebih panjang daripada { $max } bita.
    .advice = Ringkaslah, atau bagi menjadi beberapa baris.
err-internal = Ada kesalahan di dalam program: { $detail }.
    .advice = Ulangi sekali. Bila tetap gagal, laporkan kepada pengembang.
err-no-terminal = Perintah ini perlu bertanya, tetapi tidak ada terminal.
    .advice = Jalankan di terminal, atau berikan semua jawaban sebagai pilihan.
err-output = Keluaran tidak dapat ditulis: { $detail }.
    .advice = Periksa ruang kosong dan izin tulis, lalu ulangi.
err-file-exists = Berkas { $path } sudah ada.
    .advice = Pilih nama lain, atau pindahkan dahulu berkas lama.
err-file-missing = Berkas { $path } tidak ditemukan.
    .advice = Periksa nama dan foldernya.
err-file-io = Berkas { $path } tidak dapat dibaca atau ditulis: { $detail }.
    .advice = Periksa izin, ruang kosong, dan apakah medianya masih terpasang.
err-file-not-regular = { $path } bukan berkas biasa.
    .advice = Berikan sebuah berkas, bukan folder, tautan, atau perangkat.
err-file-too-large = Berkas { $path } lebih besar daripada { $max } bita.
    .advice = Periksa apakah ini berkas yang benar.

# Baris perintah.
usage-command = Tidak ada perintah dengan nama itu.
    .advice = Jalankan { $program } --help untuk melihat semua perintah.
usage-command-like = Tidak ada perintah dengan nama itu; mungkin maksud Anda { $suggestion }.
    .advice = Jalankan { $program } --help untuk melihat semua perintah.
usage-conflict = { $argument } dan { $other } tidak dapat dipakai bersama.
    .advice = Pilih salah satu. Lihat { $program } --help.
usage-missing = Ini belum diberikan: { $argument }.
    .advice = Lihat { $program } --help.
usage-no-command = Perintah belum diberikan.
    .advice = Jalankan { $program } --help untuk melihat semua perintah.
usage-not-text = Baris perintah memuat bita yang bukan teks UTF-8.
    .advice = Ketik ulang perintah { $program } sebagai teks biasa.
usage-other = Baris perintah tidak dapat dipahami.
    .advice = Lihat { $program } --help.
usage-unexpected = Ada isian yang tidak dikenal oleh perintah ini.
    .advice = Kode rahasia tidak boleh ditulis di sini. Lihat { $program } --help.
usage-unknown = Tidak ada pilihan { $argument }.
    .advice = Lihat { $program } --help.
usage-value = Nilai { $argument } tidak berlaku.
    .advice = Lihat { $program } --help.
usage-value-count = Jumlah nilai { $argument } tidak sesuai.
    .advice = Lihat { $program } --help.
usage-value-of = { $argument } menerima salah satu dari: { $values }.
    .advice = Lihat { $program } --help.

# Bantuan.
help-usage = Pemakaian:
help-usage-options = [PILIHAN]
help-subcommands = Perintah:
help-subcommand-name = PERINTAH
help-positionals = Isian:
help-options = Pilihan:
help-possible-values = {" "}[pilihan: { $values }]
help-default = {" "}[bawaan: { $value }]
help-common-help = Tampilkan bantuan ini
help-common-version = Tampilkan versi program
help-common-lang = Bahasa teks program
    .value = BAHASA
help-common-quiet = Tanpa berita dan peringatan
help-common-json = Keluaran berbentuk JSON, untuk dibaca program
help-completions = Tulis skrip pelengkap untuk sebuah shell
help-completions-shell = Nama shell
    .value = SHELL
help-man = Tulis halaman manual
help-man-folder = Folder untuk semua halaman; tanpa ini satu halaman ke keluaran baku
    .value = FOLDER

# Judul di halaman manual.
man-name = NAMA
man-synopsis = RINGKASAN
man-description = URAIAN
man-options = PILIHAN
man-subcommands = PERINTAH
man-version = VERSI
