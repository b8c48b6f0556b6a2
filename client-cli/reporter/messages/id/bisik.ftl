# Kunjungan ke server.
status-visit = Mengambil kartu dan kotak lembaga …
status-again = Sambungan terputus. Mencoba lagi dalam { $seconds } detik …
progress-upload = Mengirim
warn-direct = Tanpa Tor, penyedia internet dapat melihat bahwa Anda membuka alamat ini.
ask-again-visit = Coba lagi sekarang? Isian Anda masih ada.
ask-keep-sealed = Simpan laporan terkunci ke berkas (kosongkan bila tidak):
kept-not-sent = Laporan belum terkirim. Salinan terkunci ada di berkas yang Anda pilih.
keep-stop = Anda boleh berhenti kapan saja dengan Ctrl-C. Lanjutkan dengan send --continue { $path }. Berkas itu tidak pernah memuat kode.
keep-go-on = Laporan terkunci masih ada di { $path }. Lanjutkan dengan send --continue, atau hapus dengan discard.
status-upload-gone = Server tidak lagi menyimpan kiriman sebelumnya. Mulai dari awal …
sent-before = Server sudah menerima seluruh laporan itu.
discarded = Terhapus. Bagian yang sudah sampai di server hilang dengan sendirinya.
sealed-kept = Laporan terkunci disimpan di { $path }. Kirim nanti dengan send --sealed.

# Kartu lembaga.
card-good = Kartu sah: ditandatangani kunci lembaga dengan sidik di bawah ini.
card-agency = Lembaga: { $name }
card-fingerprint = Sidik kunci: { $fingerprint }
card-dates = Kartu nomor { $serial }, berlaku { $issued } sampai { $expires }
card-desk = Meja { $desk }: { $name }
card-kept = Disimpan di { $path }.

# Kode tanda terima.
ask-receipt = Kode tanda terima (tidak tampil saat diketik):
ask-receipt-group = Ketik kelompok ke-{ $group } dari catatan Anda (kosongkan bila sudah dicatat dengan cara lain):
receipt-here = Ini kode tanda terima Anda:
receipt-keep = Tulis di kertas sekarang. Bila kode hilang, kami tidak bisa memulihkannya. Jangan difoto: foto bisa tersalin ke awan.
receipt-group-wrong = Belum cocok. Periksa catatan Anda dengan kode ini:
receipt-checked = Cocok. Simpan kertas itu di tempat yang aman.
receipt-noted-otherwise = Baik. Pastikan kode itu tersimpan di tempat yang aman.
receipt-before = Laporan dikirim sekarang. Kode berlaku setelah semuanya sampai.
receipt-unused = Tidak ada yang terkirim atau tersimpan. Kode yang Anda catat bukan milik laporan mana pun.
receipt-after = Lihat jawaban dengan bisik inbox, paling cepat setelah tujuh hari. Tutup jendela terminal ini agar kode tidak terbaca lagi.
sent = Terkirim dan tersimpan.
sent-message = Nomor pesan: { $id }
sealed-to-file = Laporan dikunci ke { $path }. Laporan belum terkirim.

# Kotak pesan.
inbox-empty = Tidak ada surat untuk kode ini. Mungkin laporan belum diambil, kotak sudah ditutup, atau tempatnya habis. Edisi baru terbit sekitar tiap { $days } hari.
inbox-desk = Dari { $name } (edisi { $edition })
inbox-desk-not-open = Meja { $desk } belum menerbitkan edisi.
inbox-desk-stale = Meja { $desk } tidak dibaca sejak { $until }, menurut jam perangkat ini ({ $today }). Periksa tanggal perangkat.
inbox-status = Status: { $status }
inbox-received = Pesan { $id } diambil petugas pada { $date }
inbox-received-earlier = … dan { $count } pesan sebelumnya
inbox-message = Pesan petugas, { $date } ({ $days } hari lalu):
inbox-earlier = … dan { $count } pesan petugas yang lebih lama
inbox-questions = Yang masih ditanyakan petugas:
inbox-closes = Kotak ini akan ditutup pada { $date }.
inbox-contact = Bantuan: { $name }, { $address }

# Pesan susulan dan penutupan.
ask-message = Tulis pesan Anda.
message-empty = Pesan masih kosong.
warn-close = Setelah ditutup, petugas tidak akan menjawab lagi. Ini tidak dapat dibatalkan.
ask-close = Tutup kotak pesan ini untuk selamanya?
ask-close-word = Ketik { $word } untuk memastikan:
close-word = TUTUP
close-not-done = Kotak tidak ditutup.
close-done = Permintaan menutup kotak sudah terkirim.
