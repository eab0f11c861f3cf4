# Reads the part of cloud-init's YAML (block style, one value a line) that this guest honours, and prints
#   hostname NAME | instance-id ID | user NAME | key USER PUBLIC-KEY
# Keys at the top level belong to root.

function plain(text) {
    sub(/^[ \t]+/, "", text)
    sub(/[ \t\r]+$/, "", text)
    if (text ~ /^".*"$/ || text ~ /^'.*'$/) {
        return substr(text, 2, length(text) - 2)
    }
    sub(/[ \t]+#.*$/, "", text)
    return text
}

# A user's keys may stand before its name: they wait in `waiting` until the name is known.
function key(text) {
    if (user == "") waiting[++count] = text
    else print "key", user, text
}

function named(name) {
    user = name
    print "user", user
    for (i = 1; i <= count; i++) print "key", user, waiting[i]
    count = 0
}

/^[ \t]*(#|$)/ { next }

/^[^ \t-]/ {
    section = value = $0
    sub(/:.*/, "", section)
    sub(/^[^:]*:/, "", value)
    value = plain(value)
    user = "root"
    in_keys = (section == "ssh_authorized_keys")
    if (value != "" && (section == "hostname" || section == "local-hostname")) print "hostname", value
    if (value != "" && section == "instance-id") print "instance-id", value
    next
}

section == "users" {
    sub(/^[ \t]+/, "")
    item = sub(/^-[ \t]+/, "")
    if (/^[a-z_-]+:/) {
        if (item) {
            user = ""
            count = 0
        }
        in_keys = /^ssh[_-]authorized[_-]keys:/
        if (/^name:/) named(plain(substr($0, 6)))
    } else if (item && in_keys) {
        key(plain($0))
    }
    next
}

in_keys && sub(/^[ \t]*-[ \t]+/, "") { key(plain($0)) }
