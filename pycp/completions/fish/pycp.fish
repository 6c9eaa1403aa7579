# Completion of pycp in fish, written by `pycp --completion fish`.

function __pycp_list -d 'Say how a comma list may go on'
    set -l list (commandline -ct | string replace -r '^--[^=]*=' '')
    set -l begun (string replace -r '[^,]*$' '' -- "$list")
    for keyword in $argv
        string match -q "*,$keyword,*" ",$begun"; or echo "$begun$keyword"
    end
end

complete -c pycp -s R -s r -l recursive -d 'copy directories with all they hold'
complete -c pycp -s a -l archive -d 'copy trees as faithfully as this user may: -dR --preserve=all'
complete -c pycp -s x -l one-file-system -d 'do not enter directories where another file system is mounted'
complete -c pycp -l keep-directory-symlink -d 'with -R and --copy-contents, go through a symbolic link to a directory that stands where a directory should go'
complete -c pycp -s i -l interactive -d 'ask before writing over a file'
complete -c pycp -s n -l no-clobber -d 'leave files that exist as they are'
complete -c pycp -s u -d 'write over older files only'
complete -c pycp -l update -f -a 'all none none-fail older' -d 'write over older files only'
complete -c pycp -s f -l force -d 'remove a file that cannot be opened for writing, and try again'
complete -c pycp -l remove-destination -d 'remove every old file first, rather than write into it'
complete -c pycp -s b -d 'keep each old file under another name'
complete -c pycp -l backup -f -a 'none off simple never existing nil numbered t' -d 'keep each old file under another name'
complete -c pycp -s S -l suffix -x -d 'make backups, and end the names of simple ones in SUFFIX'
complete -c pycp -s p -d 'keep mode, ownership and timestamps'
complete -c pycp -l preserve -f -a '(__pycp_list mode timestamps ownership links context xattr all)' -d 'keep mode, ownership and timestamps'
complete -c pycp -l no-preserve -x -a '(__pycp_list mode timestamps ownership links context xattr all)' -d 'do not keep what LIST names'
complete -c pycp -l attributes-only -d 'leave contents alone and copy the attributes'
complete -c pycp -s Z -d 'accepted and ignored: no SELinux context is set'
complete -c pycp -l context -f -d 'accepted and ignored: no SELinux context is set'
complete -c pycp -s P -l no-dereference -d 'copy symbolic links as links'
complete -c pycp -s L -l dereference -d 'copy what symbolic links point to'
complete -c pycp -s H -d 'follow the symbolic links named as SOURCE, and no others'
complete -c pycp -s d -d 'copy links as links: -P --preserve=links'
complete -c pycp -s l -l link -d 'make hard links in place of copies'
complete -c pycp -s s -l symbolic-link -d 'make symbolic links in place of copies'
complete -c pycp -l copy-contents -d 'with -R, read what comes out of devices and FIFOs'
complete -c pycp -s t -l target-directory -x -a '(__fish_complete_directories)' -d 'put every SOURCE into DIRECTORY'
complete -c pycp -s T -l no-target-directory -d 'take DESTINATION as the name itself, even if it is a directory'
complete -c pycp -l parents -d 'rebuild the whole path of each SOURCE inside DIRECTORY'
complete -c pycp -l strip-trailing-slashes -d 'read each SOURCE that goes into a directory without the slashes at its end'
complete -c pycp -l reflink -f -a 'auto always never' -d 'share storage with SOURCE until one of the two changes'
complete -c pycp -l sparse -x -a 'never auto always' -d 'store long runs of zeros as holes'
complete -c pycp -s j -l jobs -x -d 'let N processes copy a tree'
complete -c pycp -s v -l verbose -d 'name each thing as it is done'
complete -c pycp -l debug -d 'like -v, and tell how the data of each file travelled'
complete -c pycp -l help -d 'print this text and do nothing else'
complete -c pycp -l version -d 'print the version and do nothing else'
complete -c pycp -l completion -x -a 'bash zsh fish' -d 'print the script that completes words for SHELL'
