# Words before lines with errors, advice and warnings.
error = Error:
advice = Hint:
warning = Warning:

# Questions.
ask-yes-no = [y/n]
    .yes = [Y/n]
    .no = [y/N]
ask-again-yes-no = Please answer y or n.
ask-choose = Number (1-{ $last }):{" "}
ask-choose-many = Numbers (1-{ $last }), parted by commas:{" "}
ask-again-number = Type a number from 1 to { $last }.
ask-text-end = End with a line that holds only a dot.

# Shared errors.
err-input = The input cannot be read: { $detail }.
    .advice = Run the command once more.
err-input-ended = The input ended before the question was answered.
    .advice = Run it again and answer to the end.
err-input-not-text = The answer holds bytes that are no UTF-8 text.
    .advice = Type the answer as plain text.
err-input-too-long = The answer is longer than { $max } bytes.
    .advice = Shorten it, or part it into several lines.
err-internal = There is a fault inside the program: { $detail }.
    .advice = Try once more. If it fails again, report it to the developers.
err-no-terminal = This command has to ask, but there is no terminal.
    .advice = Run it in a terminal, or give every answer as an option.
err-output = The output cannot be written: { $detail }.
    .advice = Check free space and permissions, then try again.
err-file-exists = The file { $path } exists already.
    .advice = Choose another name, or move the old file away first.
err-file-missing = There is no file { $path }.
    .advice = Check its name and folder.
err-file-io = The file { $path } cannot be read or written: { $detail }.
    .advice = Check permissions, free space, and that the medium is still there.
err-file-not-regular = { $path } is no regular file.
    .advice = Give a file, not a folder, link or device.
err-file-too-large = The file { $path } is larger than { $max } bytes.
    .advice = Check that this is the right file.

# Command line.
usage-command = There is no such command.
    .advice = Run { $program } --help to see every command.
usage-command-like = There is no such command; perhaps you mean { $suggestion }.
    .advice = Run { $program } --help to see every command.
usage-conflict = { $argument } and { $other } cannot stand together.
    .advice = Choose one of them. See { $program } --help.
usage-missing = This is missing: { $argument }.
    .advice = See { $program } --help.
usage-no-command = A command is missing.
    .advice = Run { $program } --help to see every command.
usage-not-text = The command line holds bytes that are no UTF-8 text.
    .advice = Type the command { $program } again as plain text.
usage-other = The command line cannot be understood.
    .advice = See { $program } --help.
usage-unexpected = Something on the command line is unknown to this command.
    .advice = A secret code must never be written here. See { $program } --help.
usage-unknown = There is no option { $argument }.
    .advice = See { $program } --help.
usage-value = The value of { $argument } is not valid.
    .advice = See { $program } --help.
usage-value-count = The number of values of { $argument } is wrong.
    .advice = See { $program } --help.
usage-value-of = { $argument } takes one of these: { $values }.
    .advice = See { $program } --help.

# Help.
help-usage = Usage:
help-usage-options = [OPTIONS]
help-subcommands = Commands:
help-subcommand-name = COMMAND
help-positionals = Arguments:
help-options = Options:
help-possible-values = {" "}[one of: { $values }]
help-default = {" "}[default: { $value }]
help-common-help = Show this help
help-common-version = Show the version of the program
help-common-lang = Language of the program's texts
    .value = LANGUAGE
help-common-quiet = No news and no warnings
help-common-json = Output as JSON, for programs
help-completions = Write a completion script for a shell
help-completions-shell = Name of the shell
    .value = SHELL
help-man = Write the manual page
help-man-folder = Folder for all pages; without it one page goes to standard output
    .value = FOLDER

# Headings of manual pages.
man-name = NAME
man-synopsis = SYNOPSIS
man-description = DESCRIPTION
man-options = OPTIONS
man-subcommands = COMMANDS
man-version = VERSION
