# Mengirim.
sending-title = Mengunci dan mengirim
sending-stopped = Belum terkirim
stage-opening = Mengambil edisi terbaru
stage-locking = Mengunci di perangkat ini
stage-sending = Mengirim
stage-confirming = Menunggu kepastian dari server
sending-percent = { $percent } %
sending-bytes = { $sent } dari { $total }
left-moment = kurang dari satu menit lagi
left-minutes = sekitar { $count } menit lagi
left-hours = sekitar { $count } jam lagi
sending-pause = Jeda
sending-go-on = Lanjutkan
word-paused = Dijeda
sending-paused = Yang sudah sampai tetap ada di server. Lanjutkan kapan saja: tidak ada yang perlu diketik ulang. Bila 20 menit tidak disentuh, halaman ini mengosongkan diri.
sending-again = Mencoba lagi dalam { $seconds } detik. Tidak ada yang perlu diketik ulang.
sending-now = Coba sekarang
sending-stay = Biarkan halaman ini terbuka dan layar menyala. Bila halaman ditutup, kiriman ini hilang.
sending-kept = Isian dan bukti Anda masih ada di halaman ini.
sending-resume = Lanjutkan pengiriman
sending-back = Kembali ke isian
sending-cancel = Batalkan pengiriman
refused-desk = Meja:

# Berkas terkunci dari halaman simpanan.
save-title = Simpan berkas terkunci
save-help = Laporan sudah dikunci, tetapi belum terkirim. Simpan berkasnya dahulu.
save-file = Simpan berkas
save-name = data.age
save-how = Unggah berkas itu di alamat lembaga, atau titipkan kepada pembawa. Pembawa tidak dapat membacanya.

# Kode tanda terima.
receipt-title = Kode tanda terima Anda
receipt-stored = Laporan sudah tersimpan di server
receipt-sealed = Laporan sudah dikunci
receipt-why = Hanya dengan kode ini Anda dapat membaca jawaban petugas.
receipt-groups = Kode, tujuh kelompok
receipt-place = { $place }
receipt-show = Tampilkan
receipt-hide = Sembunyikan
receipt-print = Cetak
receipt-paper = Tulis di kertas sekarang, dan simpan di tempat yang aman.
receipt-photo = Jangan difoto atau ditangkap layarnya: gambar bisa tersalin ke awan.
receipt-printer = Jangan memakai pencetak kantor: pencetak dapat menyimpan salinan.
receipt-lost = Bila kode hilang, kami tidak bisa memulihkannya.
receipt-noted = Sudah saya tulis
retype-title = Periksa catatan Anda
retype-help = Ketik dua kelompok dari catatan Anda, untuk memastikan tidak ada huruf yang keliru.
retype-group = Kelompok ke-{ $place }
retype-check = Periksa
retype-show = Lihat kode lagi
retype-noted = Saya sudah mencatatnya dengan cara lain

# Selesai.
done-title = Terkirim dan tersimpan
done-saved-title = Terkunci, belum terkirim
done-message = Nomor pesan:
done-next = Apa yang terjadi sekarang
done-offline = Petugas mengambil berkas dengan tangan. Edisi jawaban terbit sekitar tiap { $days } hari.
done-when = Lihat jawaban dengan kode Anda, paling cepat setelah tujuh hari.
done-hours = Buka pada jam yang berganti-ganti, dan jangan tepat setelah kejadian di kantor.
done-traces = Sebelum pergi
done-history = Hapus riwayat peramban untuk alamat ini, atau tutup jendela samaran.
done-tor = Di Tor Browser: pilih “Identitas Baru”.
done-silence = Jangan ceritakan laporan ini kepada siapa pun.
done-home = Ke beranda
