# Masuk dengan kode.
return-title = Masuk dengan kode
return-help = Ketik kode tanda terima Anda. Huruf kecil, spasi, dan tanda hubung tidak menjadi masalah.
return-label = Kode tanda terima
return-count = { $count } dari 28 huruf dan angka
return-whole = ✓ Kode lengkap dan tidak ada huruf yang keliru.
return-open = Buka kotak pesan
return-busy = Sedang mengambil dan membuka edisi terbaru …
return-lost = Kode hilang? Buat laporan baru dan sebut laporan lama di dalamnya.

# Kotak pesan.
inbox-title = Kotak pesan
inbox-empty = Tidak ada surat untuk kode ini. Mungkin laporan belum diambil, kotak sudah ditutup, atau tempatnya habis. Edisi baru terbit sekitar tiap { $days } hari.
inbox-status = Keadaan laporan:
inbox-questions = Yang masih ditanyakan petugas
inbox-answer = Jawab pertanyaan ini
inbox-message = Pesan { $date } ({ $days ->
    [0] hari ini
   *[other] { $days } hari lalu
})
inbox-no-message = Belum ada pesan dari petugas.
inbox-earlier = … dan { $count } pesan petugas yang lebih lama
inbox-received = Pesan Anda yang sudah diambil
inbox-received-earlier = … dan { $count } pesan sebelumnya
inbox-closes = Kotak ini akan ditutup pada { $date }.
inbox-write = Menulis lagi
inbox-reply = Balas
inbox-evidence = Tambah bukti
inbox-when = Jawaban perlu beberapa hari. Jangan membuka kotak ini pada jam yang tetap.
inbox-close = Tutup kotak selamanya
contacts-title = Bantuan di luar kotak ini

# Satu pesan.
letter-title = Pesan { $date }
letter-from = Dari meja
letter-careful = Petugas tidak akan menanyakan siapa Anda. Jangan menjawab bila ditanya nama, nomor, atau tempat bertemu.
letter-delete = Hapus dari layar
letter-delete-help = Pesan dihapus dari halaman ini saja. Pesan muncul lagi bila kotak dibuka kembali.

# Pesan susulan.
reply-title = Balas
reply-questions-title = Lengkapi laporan
reply-label = Pesan Anda
reply-else = Ada lagi yang ingin disampaikan?
reply-help = Jangan tulis nama, nomor, atau alamat Anda.
reply-desks = Belum jelas meja mana yang boleh membaca pesan ini. Pilih dahulu.
reply-stay = Biarkan halaman ini terbuka sampai pengiriman selesai.
more-title = Tambah bukti
more-note = Keterangan untuk petugas

# Menutup.
close-title = Tutup kotak selamanya
close-what = Setelah ditutup, petugas tidak akan menjawab lagi dan kode ini tidak berguna lagi.
close-keeps = Laporan yang sudah diambil tetap ada pada petugas.
close-ask = Tutup kotak ini
close-sure = Anda yakin?
close-final = Ini tidak dapat dibatalkan.
close-confirm = Ya, tutup selamanya
closed-title = Permintaan menutup kotak sudah dibuat
closed-when = Permintaan tersimpan di server. Petugas menutup kotak setelah mengambilnya.
closed-saved = Unggah berkas terkunci itu agar petugas menutup kotak.
closed-paper = Musnahkan catatan kode Anda.
