# Help.
help-about = Carries sealed reports to a stick and a desk's outbox back to the server
    .details = The courier cannot read reports. The access token is read from its file, never from the command line.
help-root-config = Configuration file
    .value = FILE
help-root-server = The courier's address of the agency, e.g. http://127.0.0.1:8081/kpk
    .value = ADDRESS
help-root-token-file = File with the access token, readable by you alone
    .value = FILE
help-root-proxy = SOCKS proxy, e.g. Tor at 127.0.0.1:9050
    .value = HOST:PORT
help-pull = Fetch sealed reports onto the stick
help-pull-to = Folder of the stick
    .value = FOLDER
help-push = Bring the stick's outbox to the server
help-push-from = Folder of the stick
    .value = FOLDER
help-status = Show the server's counts

# pull
pull-progress = Fetching { $count } reports
pull-done = Fetched: { $fetched }. Already on the stick: { $present }.
pull-mismatch = Report { $id } is not what its name says. It was not kept.
pull-blocked = A folder stands in the place of report { $id }. Remove the folder, then run this once more.

# push
item-card = the agency card
item-edition = the edition of desk { $desk }
item-acknowledgement = the acknowledgement of desk { $desk }
push-taken = The server has { $item }.
push-refused = Not sent: { $item }. { $cause } { $advice }
push-foreign = { $count ->
    [one] One thing in the outbox has a foreign name and stays here.
   *[other] { $count } things in the outbox have foreign names and stay here.
  }
push-nothing = The outbox is empty. Nothing was sent.

# status
status-card = Card: number { $serial }, valid until { $expires }.
status-no-card = The server has no agency card yet.
status-reports = Reports: { $reports } ({ $bytes } bytes), the oldest of { $oldest }.
status-no-reports = No reports of finished days.
status-desk = Desk { $desk }: edition { $edition }, until { $until }.
status-desk-silent = Desk { $desk }: no edition that is valid.
status-acknowledged = Desk { $desk }: last acknowledgement on { $day }.

# Errors: configuration.
err-config = The configuration file has an unknown or malformed entry.
    .advice = It may hold server, token_file and proxy, each as text in quotes.
err-missing = { $option } is missing.
    .advice = Give it on the command line, or write it into the configuration file.
err-address = The address of the server is malformed.
    .advice = Write it like https://server.example/agency, with the path of the agency.
err-unencrypted = This address is not encrypted, so others could read the access token.
    .advice = Use https, an onion address, or a tunnel to this machine.
err-proxy = The proxy is malformed.
    .advice = Write it as host and port, e.g. 127.0.0.1:9050.
err-token-file = The token file does not hold an access token.
    .advice = It holds one line of 64 digits 0-9 and a-f. Ask the operator of the server.
err-token-open = Others on this machine can read the token file.
    .advice = Run chmod 600 on it, and ask the operator for a new token.

# Errors: server.
err-unreachable = The server cannot be reached: { $detail }.
    .advice = Check the network, the proxy and the address, then try again. Nothing is lost.
err-cut = The connection broke.
    .advice = Run the same command again. What is already done stays done.
err-answer = The answer of the server cannot be understood.
    .advice = Check that the address is the courier's address of this server.
err-status = The server refused with status { $status }.
    .advice = Try again later. If it stays so, tell the operator of the server.
err-token = The server does not accept the access token.
    .advice = Check that this is the token of this agency, or ask the operator for a new one.
err-not-found = The server does not know this agency.
    .advice = Check the path at the end of the address.
err-no-card = The server has no agency card yet.
    .advice = Bring the card first: put card.bundle into the outbox and push again.
err-busy = The server is busy.
    .advice = Run the same command again in a few minutes.
err-server-full = The server has no room.
    .advice = Tell its operator, then run the same command again.
err-card-invalid = The server finds the agency card not valid.
    .advice = Fetch the card once more from those who keep the root keys.
err-card-old = The server already has a newer card.
    .advice = Nothing to do, if the newer card is right. Otherwise ask those who keep the root keys.
err-edition-invalid = The server finds the edition not valid.
    .advice = Let the desk publish once more, with the newest card.
err-edition-old = The server already has a newer edition, or another one of this number.
    .advice = Let the desk publish once more. Tell it that this happened.
err-acknowledgement-invalid = The server finds the acknowledgement not valid.
    .advice = Let the desk publish once more, with the newest card.

# Errors: stick.
err-stick-missing = There is no folder { $path }.
    .advice = Plug the stick in and check the name of its folder.
err-stick-full = The stick is full.
    .advice = What is on it stays good. Take it to the desk, or continue on another stick.
err-stick-in-use = Another courier works on this stick.
    .advice = Wait until it has ended.
err-no-outbox = There is no outbox on the stick: { $path }.
    .advice = Let the desk publish to this stick first.
err-not-folder = { $path } is not a folder.
    .advice = A stick of Bisik has a folder there. Check this stick before you use it.
err-half-edition = An edition on the stick is not whole: { $path }.
    .advice = Let the desk publish to this stick once more.

# Errors: whole commands.
err-refused = { $count ->
    [one] One report was refused, as named above. All others are on the stick.
   *[other] { $count } reports were refused, as named above. All others are on the stick.
  }
    .advice = Run this once more. If it stays so, tell the operator that stored reports are damaged.
err-push = { $count } of { $total } parts of the outbox did not reach the server, as named above.
    .advice = Do what the lines above say, then push again. What was taken stays taken.
