"""The `crmclean` command line: click commands, words, exit codes; thin."""
