# Coming back with a code.
return-title = Come back with your code
return-help = Type your receipt code. Small letters, spaces and dashes do not matter.
return-label = Receipt code
return-count = { $count } of 28 letters and digits
return-whole = ✓ The code is whole, and no letter is wrong.
return-open = Open the inbox
return-busy = Fetching and opening the latest editions …
return-lost = Lost the code? Make a new report and mention the old one in it.

# The inbox.
inbox-title = Inbox
inbox-empty = There is no letter for this code. The report may not have been fetched, the box may be closed or full. A new edition comes about every { $days } days.
inbox-status = State of the report:
inbox-questions = What officers still ask
inbox-answer = Answer these questions
inbox-message = Message of { $date } ({ $days ->
    [0] today
    [one] { $days } day ago
   *[other] { $days } days ago
})
inbox-no-message = There is no message of an officer yet.
inbox-earlier = … and { $count } older messages of officers
inbox-received = Your messages that were fetched
inbox-received-earlier = … and { $count } messages before
inbox-closes = This box will be closed on { $date }.
inbox-write = Write again
inbox-reply = Reply
inbox-evidence = Add evidence
inbox-when = Answers take some days. Do not open this box at fixed hours.
inbox-close = Close the box for ever
contacts-title = Help outside this box

# One message.
letter-title = Message of { $date }
letter-from = From the desk
letter-careful = Officers will not ask who you are. Do not answer when asked for a name, a number or a meeting.
letter-delete = Erase from the screen
letter-delete-help = The message is erased from this page only. It appears again when the box is opened again.

# Later messages.
reply-title = Reply
reply-questions-title = Complete the report
reply-label = Your message
reply-else = Is there anything else?
reply-help = Do not write your name, number or address.
reply-desks = It is not clear which desks may read this message. Choose first.
reply-stay = Leave this page open until the sending is done.
more-title = Add evidence
more-note = A note for the officers

# Closing.
close-title = Close the box for ever
close-what = After closing, officers will not answer any more and this code is of no use.
close-keeps = Reports that were fetched stay with the officers.
close-ask = Close this box
close-sure = Are you sure?
close-final = This cannot be undone.
close-confirm = Yes, close it for ever
closed-title = The request to close the box is made
closed-when = The request is stored on the server. Officers close the box when they have fetched it.
closed-saved = Upload the locked file so that officers close the box.
closed-paper = Destroy your note of the code.
