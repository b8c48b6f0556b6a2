# Sending.
sending-title = Locking and sending
sending-stopped = Not sent yet
stage-opening = Fetching the latest editions
stage-locking = Locking on this device
stage-sending = Sending
stage-confirming = Waiting for the server to confirm
sending-percent = { $percent } %
sending-bytes = { $sent } of { $total }
left-moment = less than a minute left
left-minutes = { $count ->
    [one] about a minute left
   *[other] about { $count } minutes left
}
left-hours = about { $count } hours left
sending-pause = Pause
sending-go-on = Go on
word-paused = Paused
sending-paused = What has arrived stays on the server. Go on when you like: nothing has to be typed again. If nobody touches this page for 20 minutes, it empties itself.
sending-again = Trying again in { $seconds } seconds. Nothing has to be typed again.
sending-now = Try now
sending-stay = Leave this page open and the screen on. If the page is closed, this message is gone.
sending-kept = Your answers and evidence are still on this page.
sending-resume = Go on sending
sending-back = Back to my answers
sending-cancel = Give up sending
refused-desk = Desk:

# The locked file of a saved page.
save-title = Save the locked file
save-help = The report is locked, but not sent yet. Save its file first.
save-file = Save the file
save-name = data.age
save-how = Upload that file at the agency's address, or hand it to a carrier. A carrier cannot read it.

# The receipt code.
receipt-title = Your receipt code
receipt-stored = The report is stored on the server
receipt-sealed = The report is locked
receipt-why = Only with this code can you read what officers answer.
receipt-groups = Code, seven groups
receipt-place = { $place }
receipt-show = Show
receipt-hide = Hide
receipt-print = Print
receipt-paper = Write it on paper now, and keep that in a safe place.
receipt-photo = Take no photo or screenshot: pictures may be copied to a cloud.
receipt-printer = Do not use an office printer: printers may keep copies.
receipt-lost = A lost code cannot be restored.
receipt-noted = I have written it down
retype-title = Check your note
retype-help = Type two groups from your note, to make sure that no letter is wrong.
retype-group = Group { $place }
retype-check = Check
retype-show = See the code again
retype-noted = I have noted it in another way

# Done.
done-title = Sent and stored
done-saved-title = Locked, not sent yet
done-message = Message number:
done-next = What happens now
done-offline = { $days ->
    [one] Officers fetch files by hand. Answers are published about every day.
   *[other] Officers fetch files by hand. Answers are published about every { $days } days.
}
done-when = Look for an answer with your code, after seven days at the earliest.
done-hours = Come at changing hours, and not right after something happened at the office.
done-traces = Before you leave
done-history = Erase the browser's history of this address, or close the private window.
done-tor = In Tor Browser: choose “New Identity”.
done-silence = Tell nobody about this report.
done-home = To the first page
