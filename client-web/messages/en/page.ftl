# The frame of the page. The title stays neutral.
title = Information Service
title-wrong = Error: Information Service
other-language = Bahasa Indonesia
quick-exit = Quick exit
back = Back
continue = Continue
skip = Skip
retry = Try again
help = Help
key-link = Agency's key
yes = Yes
no = No
unknown = I do not know
optional = (optional)
pick-one = Choose one
give-up = Give up this report
list-and = { $first } and { $last }
months = January February March April May June July August September October November December
size-bytes = { $count } bytes
size-kilo = { $count } kB
size-mega = { $count } MB
leave-warning = If you close this page now, your code or your message is lost.

# Words on top of boxes.
word-advice = Advice
word-careful = Take care
word-problem = There is a problem
word-clean = Clean now
word-not-clean = Could not be cleaned
word-lost = Connection lost
word-good = It matches

# Check of the device.
device-title = Open this in another browser
device-in-app = This page is open inside another app. That app can read what you type.
device-opera-mini = Opera Mini prepares pages on servers of its own. What you type can be read there.
device-old = This browser lacks the tools that locking a report needs.
device-what = Nothing has been sent, and nothing has been stored.
device-address = Copy this address to Tor Browser, Firefox or a recent Chrome:
device-tor = Tor Browser on a device of your own is the safest.

# Waiting for the agency's files.
waiting-title = One moment
waiting-fetching = Fetching and checking the agency's card …
waiting-lost = The agency's card could not be fetched yet. Check the network, then try again.

# Home.
home-title = Report safely
home-purpose = Here you can report wrongdoing in public agencies without giving your name.
home-promise = The report is locked on your device. Our server stores locked files only and records neither your name nor your internet address.
home-limit = We cannot hide from your internet provider that you open this address, unless you use Tor.
home-tor = You opened a .onion address through Tor, so your internet provider does not see this visit.
home-report = Make a report
home-return = I already have a code
home-key = Fingerprint of the agency
home-key-help = Compare it with the agency's poster or letterhead before you write.

# Before you start.
before-title = Before you start
before-device = Do not use an office phone, computer, account or Wi-Fi. Use a device of your own.
before-trace = Others can still see the history of this browser. Use a private window, and close it afterwards.
before-silence = Tell nobody about this report, not even close friends at the office.
before-files = Send what you already hold lawfully. Do not break into systems or take files outside your duties.
before-memory = What you write exists on this page only until it is sent. If the page is closed, it is gone.
before-exit = The button “Quick exit” is at the top right of every screen. Pressing Shift three times does the same. What you wrote is erased, then a weather page opens. The browser's history is not erased.
before-more = Full guidance from the agency
before-understood = I understand

# Is this the right agency?
check-title = Is this the right agency?
check-help = Answers on this screen are for you only and are not sent. You may always go on.

# The agency's key.
key-title = The agency's key
key-what = Only the agency with this fingerprint can open reports from this page.
key-groups = Fingerprint, eight groups
key-where = Where to compare it
key-poster = A poster at the agency's office.
key-gazette = The agency's letterhead or official gazette.
key-phone = A recording on the agency's official telephone line.
key-second = A civic organisation that you trust.
key-card = Card number { $serial }, valid from { $issued } to { $expires }.
key-truth = A page that a server delivers can be changed. A page that was saved and compared cannot be changed by the server.
key-match = It matches
key-no-match = It does not match
key-matched = The fingerprint matches. You can go back and continue.

# Help.
help-title = Help
help-see = Who can see what?
help-see-server = The server stores locked files only. Those who run it cannot open them.
help-see-provider = Your internet provider can see that you open this address. Only Tor hides that.
help-see-desk = Officers of the desks you choose open the report on a computer without network. They do not know who you are.
help-code = What is the receipt code for?
help-code-what = With the code you read answers and write again without giving your name.
help-code-lost = A lost code cannot be restored. You can make a new report and mention the old one.
help-answer = When is there an answer?
help-answer-when = Officers carry the files by hand, so an answer takes some days.
help-answer-how = Look after seven days at the earliest, at changing hours.
help-files = Is my evidence safe?
help-files-clean = Hidden details such as place and time are removed on your device. Pictures and words stay as they are.
help-files-copy = If only few people hold a file, its content alone may point to you.
help-law = Does the law protect me?
help-law-protects = The law protects those who report in good faith. If threatened, turn to LPSK. This is not legal advice.
help-law-limits = We cannot promise that nobody will sue you or look for you.
help-leave = How do I leave without a trace?
help-leave-exit = Press “Quick exit”, or Shift three times. Everything is erased from the page.
help-leave-history = The address of this page stays in the browser's history. Erase it yourself, or use a private window.
help-leave-idle = After 20 minutes without a touch the page erases everything. Two minutes before, it asks you.
help-save = Can I use it without a network?
help-save-how = Yes. Open the page of files: this address with “files” added. Download this page, the card and the editions there, then open the saved page.

# The saved page.
offline-title = Saved page
offline-what = This page works without a network. Reports are locked into a file that you upload or hand over later.
offline-files = Choose files from the agency's page of files: card, list of editions, and each desk's edition. That page is at the agency's address with “files” added.
offline-pick = Choose the agency's files
offline-reading = Checking the files …

# Warnings.
drop-title = Give up this report?
drop-what = All answers and evidence will be erased from this page. This cannot be undone.
drop-stay = Keep writing
drop-confirm = Erase everything
idle-title = Still here?
idle-what = Nothing was touched for a long time. In two minutes everything will be erased for your safety.
idle-code = The receipt code will be erased too. Go on, then write it down if you have not.
idle-stay = Yes, go on
idle-leave = Erase and leave
stopped-title = The page has stopped
stopped-today = By this device, today is { $date }.
