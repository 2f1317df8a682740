# What the scripts that start real servers share. Sourced, with $dir and $patience set.

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}

until_true() { # what, command…
    local what=$1 end=$((SECONDS + patience))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || fail "$what: not within $patience s, see the logs in $dir"
        sleep 0.1
    done
}

free_ports() { # how many
    python3 - "$1" << 'END'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in held))
END
}

write_site() { # file; name=value lines on stdin
    local name value
    {
        echo '<configuration>'
        while IFS='=' read -r name value; do
            echo "<property><name>$name</name><value>$value</value></property>"
        done
        echo '</configuration>'
    } > "$1"
}

# Jars with all that they need, from Maven Central, into a directory that is whole or not there. Of two versions of
# a jar, Maven takes the one it meets first.
fetch_jars() { # what, directory, group:artifact:version[:excluded group]…
    [ ! -d "$2" ] || return 0
    local what=$1 to=$2 work word group artifact version excluded
    shift 2
    mkdir -p "$(dirname "$to")"
    work=$(mktemp -d "$(dirname "$to")/jars.XXXXXX")
    {
        echo '<project><modelVersion>4.0.0</modelVersion>'
        echo '<groupId>aviary</groupId><artifactId>for-tests</artifactId><version>1</version>'
        echo '<packaging>pom</packaging><dependencies>'
        for word; do
            IFS=: read -r group artifact version excluded <<< "$word"
            echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version>"
            [ -z "$excluded" ] || echo "<exclusions><exclusion><groupId>$excluded</groupId>" \
                "<artifactId>*</artifactId></exclusion></exclusions>"
            echo '</dependency>'
        done
        echo '</dependencies></project>'
    } > "$work/pom.xml"
    echo "fetching $what (once)" >&2
    (cd "$work" && mvn -q -B dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory=jars < /dev/null) >&2 || fail "mvn cannot fetch $what"
    mv -T "$work/jars" "$to" 2> /dev/null || [ -d "$to" ] # another one may have been faster
    rm -rf "$work"
}

alive() { [ -f "$dir/$1.pid" ] && kill -0 "$(cat "$dir/$1.pid")" 2> /dev/null; }
gone() { ! alive "$1"; }

end() { # what, signal
    ! alive "$1" || kill "-$2" "$(cat "$dir/$1.pid")"
    until_true "the end of the $1" gone "$1"
    rm -f "$dir/$1.pid"
}
