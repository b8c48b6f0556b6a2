# The form, question by question.
form-welcome = Report to { $agency }
form-guidance = • { $text }
form-how = Leave empty to skip a question. Type ? if you do not know.
form-self-check = First, see whether this is the right place. These answers are not sent.
form-advice = → { $text }
form-section = Section { $number } of { $all }: { $title }
form-optional = (optional)
form-required = This question must be answered before the report can be sent.
form-yes = Yes
form-no = No
form-unknown = Not known
form-short = Tell more: at least { $min } characters, { $count } so far. What you wrote is kept.
form-room = About { $left } bytes of text still fit.
form-entry = Entry { $number }
form-group = { $label }
form-help = { $help }
form-entry-empty = Answer at least one of these questions.
form-entry-dropped = An empty entry is not sent.
form-changed = The agency has just changed its form. Answers that no longer fit were removed; please check.
ask-fill = Fill in this part?
ask-another = Add another one?
ask-cut = This text has { $count } characters, at most { $max } fit. Cut it there?
ask-change = Write this answer anew?

when-day = On one day
when-month = In one month
when-range = From one day to another
when-ongoing = Still going on
when-unreadable = That date cannot be read.
when-backwards = The last day is before the first.
ask-day = Day (such as 2026-05-12):
ask-month = Month (such as 2026-05):
ask-day-from = First day (such as 2026-05-12):
ask-day-to = Last day:

ask-leave-out = Which desk does the accused lead, supervise or stand close to? It will not be able to read. Leave empty if none.
desks-none-left = At least one desk must be able to read.
desks-chosen = Able to read: { $desks }

ask-file = Name of an evidence file (leave empty when done):
ask-drop-files = There are { $count } files already. Remove them from the report and start again?
ask-file-kind = What is this file?
ask-file-holders = How many others hold this file too?
ask-file-note = A short note (may be empty):
ask-file-name = Send the original name of the file? File names can show who you are.
holders-one = One
holders-few = Two to five
holders-many = More than five
holders-unknown = Not known
warn-few-holders = If only few hold this file, the accused may guess who reported it.
warn-evidence-content = What a file shows is not changed. Look for names and faces in it.

# Cleaning of files.
evidence-cleaned = { $path } was cleaned on this device. Removed: { $found }.
evidence-clean = { $path } holds no hidden information.
evidence-uncleaned = { $path } cannot be cleaned: { $reason }
evidence-holds = It holds: { $found }.
evidence-uncleaned-advice = Often a photo of the screen, or a copy in another format, can be cleaned.
ask-uncleaned = What is to become of { $path }?
uncleaned-leave-out = Leave it out
uncleaned-send = Send it as it is, with its hidden information
reason-unknown-format = its format is not known.
reason-encrypted = it is locked with a password.
reason-damaged = it is damaged.
reason-too-large = it is too large.
reason-unsupported = its format, or something inside it, cannot be cleaned yet.
trace-location = place
trace-time = time
trace-device = kind of phone or device
trace-author = names of people
trace-software = programs used
trace-caption = titles and descriptions
trace-thumbnail = small preview pictures
trace-history = history of changes
trace-identifier = identifying numbers
trace-other = other hidden information
warn-evidence-size = { $files } files of evidence. An observer of the network can see a larger upload, about { $megabytes } MB.

# Words that may show who writes.
warn-hint-identity-number = There are 16 digits that look like an identity number.
warn-hint-phone = There is something like a telephone number.
warn-hint-email = There is something like an e-mail address.
warn-hint-oneself = There is a sentence about yourself. Do not write your name or position unless it is needed.

# Check your answers.
review-title = Check your answers.
review-line = { $number }. { $label }: { $answer }
review-empty = Not filled in
review-files = { $count } files
review-readers = Able to read: { $desks }. Fingerprint of the agency: { $fingerprint }
review-complete = { $answered } of { $asked } elements are filled in.
review-gap-required = Must be filled in: { $label }
review-gap-expected = Not filled in, the report can be sent all the same: { $label }
review-missing = Something must still be filled in.
review-send = Lock and send
review-change = Change an answer
review-desks = Change the desks
review-leave = Give up
ask-review = Go on?
ask-which = Which answer do you want to change?
ask-leave = Give up this report? Everything you wrote will be lost.
