# Refusals: what happened, then what can be done.
# Card and dates.
refusal-card-invalid = The card from the server is not a valid card of this agency.
    .advice = Send nothing here. Compare the fingerprint with the agency's poster.
refusal-card-foreign = This card belongs to another agency.
    .advice = Send nothing here. Compare address and fingerprint with the agency's poster.
refusal-card-not-yet = By the clock of this device, the agency's card is not valid yet.
    .advice = The clock or the box is wrong. Check the device's date. If it is right, do not trust this box.
refusal-card-expired = By the clock of this device, the agency's card has expired.
    .advice = The clock or the box is wrong. Check the device's date. If it is right, this box is neglected: use another way.
refusal-card-rolled-back = The server serves an old card, or another one than the officers use.
    .advice = Send nothing. Try again tomorrow, and tell the agency if it stays like this.

# Editions and letters.
refusal-edition-missing = This desk has not published an edition yet.
    .advice = Try again in a few days, or knowingly choose another desk.
refusal-edition-invalid = The edition of this desk does not hold.
    .advice = Send nothing to this desk. Try again later, and tell the agency.
refusal-edition-clock = The clock of this device is behind a date that officers signed.
    .advice = The clock or the box is wrong. Check the device's date. If it is right, do not trust this box.
refusal-edition-unread = By the clock of this device, this desk has not read reports for long.
    .advice = Check the device's date. If it is right, wait, or knowingly leave this desk out.
refusal-edition-body = The content of the edition is not what the officers signed.
    .advice = The server or the network changed it. Send nothing to this desk, and try again later.
refusal-letter-invalid = A letter of this desk does not hold and is not shown.
    .advice = Trust nothing else that claims to be from this desk. Try again with the next edition.

# The receipt code.
refusal-receipt-length = A receipt code has 28 letters and digits.
    .advice = Check your note: seven groups of four.
refusal-receipt-symbol = There is a wrong sign in the code.
    .advice = A code has only letters and digits, and no letter U.
refusal-receipt-check = There is a wrong letter in the code, or it belongs to another agency.
    .advice = Check your note letter by letter, and whether this is the right agency.

# Network and server.
refusal-network-lost = The server was not reached, or the connection broke.
    .advice = Check the network, wait a little and try again. Nothing is lost on the server.
refusal-server-odd = The server gave an unknown answer.
    .advice = Check the address of this page. If it is right, try again later.
refusal-server-not-found = This box is not on the server.
    .advice = Compare the address with the agency's poster.
refusal-server-busy = The server is busy. The message is not stored.
    .advice = Try again in a few minutes.
refusal-server-full = The server has no room at the moment. The message is not stored.
    .advice = Try again later. A report without files usually still fits.
refusal-server-too-large = This report is larger than the agency takes.
    .advice = Send less evidence, or split it into several messages.
refusal-server-shape = The server refuses the shape of this locked report.
    .advice = This page may be old. Note your answers, then reload the page.
refusal-server-desks = The agency has just changed its card. The message is not stored.
    .advice = Go on sending: the new card will be fetched, and you can check your answers again.
refusal-server-no-card = The agency has not opened this box yet.
    .advice = Try again in a few days.
refusal-server-failed = The server has a problem. The message is not stored.
    .advice = Try again later.
refusal-server-pow = The server refuses this device's proof of work.
    .advice = Try again in a few minutes.
refusal-pow-too-hard = The server asks for an unreasonable amount of work.
    .advice = Do not go on. Try again later, and compare the address with the agency's poster.
refusal-upload-gone = The server has thrown away the interrupted upload.
    .advice = Go on: the upload begins anew. Nothing has to be typed again.

# Evidence and device.
refusal-file-empty = A file of evidence is empty.
    .advice = Go back to your answers, then remove that file or choose the right one.
refusal-file-changed = A file of evidence changed while it was read.
    .advice = Go back to your answers. Close the program that uses the file, then choose it again.
refusal-file-too-large = A file of evidence is too large.
    .advice = Go back to your answers, then make that file smaller or choose the part that matters.
refusal-report-too-large = All evidence together is too large for one report.
    .advice = Split it into several messages.
refusal-too-many-files = There are too many files of evidence.
    .advice = Split them into several messages.
refusal-out-of-memory = This device has not enough memory.
    .advice = Close other apps, then try again. If it still fails, send smaller files.
refusal-no-desk = No desk may read this message.
    .advice = Leave at least one desk, or choose another agency.
refusal-desk-refused = A desk that you chose cannot take reports now.
    .advice = Go back to your answers. Knowingly leave that desk out, or try again later.
refusal-text-too-long = The report is too long.
    .advice = Shorten it, or send the rest as a later message.

# This page itself.
refusal-unfilled = This page has not been joined to an agency.
    .advice = Open the address that is printed on the agency's poster.
refusal-no-match = The fingerprint does not match. This page may be a fake.
    .advice = Send nothing. Close this page, and turn to the agency in another way.
refusal-wiped = Everything was erased, since nothing was touched for a long time.
    .advice = You can begin again.
refusal-page-failed = Something failed in this page.
    .advice = Try again. If it still fails, use another, newer browser.
