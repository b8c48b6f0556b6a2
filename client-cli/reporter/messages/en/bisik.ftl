# The visit to the server.
status-visit = Fetching the agency's card and box …
status-again = The connection broke. Trying again in { $seconds } seconds …
progress-upload = Sending
warn-direct = Without Tor, your internet provider can see that you open this address.
ask-again-visit = Try again now? What you wrote is still here.
ask-keep-sealed = Keep the locked report in a file (leave empty for no):
kept-not-sent = The report was not sent. A locked copy is in the file that you chose.
keep-stop = You may stop with Ctrl-C at any time. Go on with send --continue { $path }. That file never holds the code.
keep-go-on = The locked report is still in { $path }. Go on with send --continue, or remove it with discard.
status-upload-gone = The server no longer holds what was sent before. Beginning anew …
sent-before = The server already had the whole report.
discarded = Removed. What had reached the server vanishes from there by itself.
sealed-kept = The locked report is kept in { $path }. Send it later with send --sealed.

# The agency's card.
card-good = The card holds: it is signed by the agency with the fingerprint below.
card-agency = Agency: { $name }
card-fingerprint = Fingerprint: { $fingerprint }
card-dates = Card number { $serial }, valid from { $issued } to { $expires }
card-desk = Desk { $desk }: { $name }
card-kept = Kept in { $path }.

# The receipt code.
ask-receipt = Receipt code (not shown while you type):
ask-receipt-group = Type group { $group } from your note (leave empty if you noted it in another way):
receipt-here = This is your receipt code:
receipt-keep = Write it on paper now. A lost code cannot be restored. Take no photo: photos may be copied to a cloud.
receipt-group-wrong = Not the same yet. Compare your note with this code:
receipt-checked = It matches. Keep that paper in a safe place.
receipt-noted-otherwise = Good. Make sure that the code is in a safe place.
receipt-before = The report is sent now. The code works once all of it has arrived.
receipt-unused = Nothing was sent or kept. The code that you noted belongs to no report.
receipt-after = Look for answers with bisik inbox, after seven days at the earliest. Close this terminal window so that nobody reads the code.
sent = Sent and stored.
sent-message = Message number: { $id }
sealed-to-file = The report is locked into { $path }. It has not been sent yet.

# The inbox.
inbox-empty = There is no letter for this code. The report may not have been fetched, the box may be closed or full. A new edition comes about every { $days } days.
inbox-desk = From { $name } (edition { $edition })
inbox-desk-not-open = The desk { $desk } has not published an edition yet.
inbox-desk-stale = The desk { $desk } has not been read since { $until }, by the clock of this device ({ $today }). Check the device's date.
inbox-status = Status: { $status }
inbox-received = Message { $id } was taken by an officer on { $date }
inbox-received-earlier = … and { $count } messages before
inbox-message = Message of an officer, { $date } ({ $days } days ago):
inbox-earlier = … and { $count } older messages of officers
inbox-questions = What officers still ask:
inbox-closes = This box will be closed on { $date }.
inbox-contact = Help: { $name }, { $address }

# Later messages, and closing.
ask-message = Write your message.
message-empty = The message is still empty.
warn-close = After closing, officers will not answer any more. This cannot be undone.
ask-close = Close this box for good?
ask-close-word = Type { $word } to make sure:
close-word = CLOSE
close-not-done = The box was not closed.
close-done = The request to close the box was sent.
