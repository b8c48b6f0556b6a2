# The form, one question a screen.
form-section = Section { $number } of { $count }: { $title }
form-required = This question must be answered before the report can be sent.
form-yourself = Do not write your name, position or relation to the accused unless it is needed.
form-optional = You may skip this.
form-answered-unknown = Your answer now: not known. Fill in below to change it.
form-entry = Entry { $number }
add-entry = Add another one
remove-entry = Remove entry { $number }
choose-many = You may choose more than one.
characters-left = { $count } characters left
characters-over = { $count } characters too many
identity-needless = You need not fill this in. The report is handled all the same.
secret-few = If only few people know of this, the accused may guess who reported it.

when-day = On one day
when-month = In one month
when-range = From one day to another
when-ongoing = Still going on
when-from = From
when-to = To
when-span = { $from } to { $to }
date-day = Day
date-month = Month
date-year = Year

# Wrong answers.
summary-title = Something needs to be put right
error-required = This question is not answered yet. Answer briefly, or choose “I do not know”.
error-too-short = Tell more: at least { $min } characters, { $count } so far.
error-too-long = Too long: at most { $max } characters, { $count } now.
error-date = There is no such date. Give day, month and year from 2000, such as 12 May 2025.
error-backwards = The last day is before the first.
error-entry-empty = Answer at least one of these questions.
error-gap = Must be filled in: { $label }
error-over = The report is { $over } bytes too long. Shorten it, or send the rest as a later message.
error-no-desk = Choose at least one desk that may read.
error-message = The message is still empty. Write a message, or add evidence.
error-group = Group { $place } does not match yet. Compare your note with the code.
error-file-cleaning = Evidence { $place } is still being cleaned. Wait a moment.
error-file-choice = Evidence { $place }: choose what to send.
error-file-kind = Evidence { $place }: choose its kind.
error-file-note = Evidence { $place }: the note is too long.
error-file-empty = Evidence { $place } is empty. Remove it, or choose the right file.
error-file-large = Evidence { $place } is larger than { $max }. Make it smaller, or choose the part that matters.
error-files-large = All evidence together is larger than { $max }. Split it into several messages.
error-files-many = Too many files, at most { $max }. Split them into several messages.

# Words that may show who writes.
hint-identity-number = There are 16 digits that look like an identity number.
hint-phone = There is something like a telephone number.
hint-email = There is something like an e-mail address.
hint-oneself = There is a sentence about yourself. Do not write your name or position unless it is needed.
hint-allowed = If it is not about you, leave it. This check happens on your device only.

# Desks.
desks-title = Who may read this?
desks-help = Untick every desk that the accused leads, supervises or stands close to. If in doubt, leave it out.
desks-legend = Desks that may read
desks-unseen = A desk that is left out cannot read the report and does not know that it was left out.

# Evidence.
files-cleaned = Files are cleaned on this device before they are locked: place, time and phone model are removed.
files-limits = At most { $one } a file, { $all } in all.
files-larger = Evidence makes the upload larger, and an observer of the network can see that. Only Tor hides your visit.
add-files = Add files
remove-file = Remove evidence { $place }
file-title = Evidence { $place }
file-cleaning = Being cleaned …
file-untouched = No hidden details were found.
file-removed = Removed: { $traces }.
file-content-stays = Pictures, sound and words inside are unchanged. See for yourself whether they point to you.
file-holds = It still holds: { $traces }.
file-heic = This is a HEIC photo. Set the camera to “Most compatible” and take it again, or send a screenshot.
file-replace-how = Open the file, take a screenshot, then choose that picture here.
file-replace-pick = Choose the replacement
file-kind = Kind of evidence
file-holders = How many others hold this file too?
file-few = Officers will be told not to show it around.
file-note = Short note
file-name = File name
file-name-keep = Send the original name:
file-name-help = A file name can show who you are.
choice-title = What will be sent?
choice-cleaned = The cleaned file
choice-cleaned-help = Recommended.
choice-original = The original file
choice-original-help = Officers see all details inside. They may point to you.
choice-replace = A screenshot instead
choice-replace-help = Recommended. A screenshot can be cleaned.
choice-drop = Do not send this file
choice-drop-help = You can tell where the proof can be found.
holders-one = One person
holders-few = Two to five people
holders-many = More than five people
holders-unknown = I do not know
trace-location = place
trace-time = time
trace-device = device model
trace-author = author's name
trace-software = program name
trace-caption = caption
trace-thumbnail = hidden thumbnail
trace-history = history of changes
trace-identifier = identifying number
trace-other = other details
reason-unknown-format = This kind of file is not known, so hidden details inside cannot be removed.
reason-encrypted = This file is locked by a password, so it cannot be cleaned.
reason-damaged = This file is damaged or unreadable, so it cannot be cleaned.
reason-too-large = This file is too large to be cleaned on this device.
reason-unsupported = This kind of file cannot be cleaned automatically yet.

# Check your answers.
review-title = Check your answers
review-changed = The agency has just changed its form. Answers that no longer fit were removed. Please check.
review-complete = { $answered } of { $asked } requested elements are filled in.
review-must = Must be filled in before sending
review-may = Not filled in; the report can be sent all the same
review-empty = Not filled in
review-files = { $count ->
    [one] { $count } file, { $size }
   *[other] { $count } files, { $size }
}
review-change = Change
review-change-what = Change: { $label }
review-readers = Able to read
review-desks = Change the desks
review-key = The report is locked for the agency with this fingerprint:
review-seen = An observer of the network can see this visit, but not what it says. Only Tor hides the visit.
review-larger = { $count ->
    [one] An upload with { $count } file ({ $size }) looks larger than an ordinary visit.
   *[other] An upload with { $count } files ({ $size }) looks larger than an ordinary visit.
}
review-stay = Leave this page open until the receipt code appears.
review-saved = The report will be locked into a file. That file is not sent until you upload it.
review-send = Lock and send
review-seal = Lock into a file
