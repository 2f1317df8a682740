#!/bin/bash
# tools/check-layers finds what LAYERS forbids, each in a small checkout that has one thing wrong.
failures=0

# claim NAME FILE TEXT FINDING: the file with the text has the finding; '' for none at all
claim() {
    local name=$1 file=$2 text=$3 finding=$4 output
    rm -rf checkout
    mkdir -p checkout/src checkout/tools "checkout/$(dirname "$file")"
    cp "$AVIARY_ROOT/LAYERS" checkout/
    printf '%b\n' "$text" > "checkout/$file"
    output=$("$AVIARY_ROOT/tools/check-layers" checkout)
    local status=$?
    if [ -z "$finding" ] && [ $status = 0 ]; then
        echo "ok - $name"
    elif [ -n "$finding" ] && [ $status = 1 ] && grep -qF "$finding" <<< "$output"; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        printf '# exit status %s\n%s\n' "$status" "$output"
        failures=1
    fi
}

lines() { for ((i = 0; i < $1; i++)); do printf '%s\\n' "$2"; done; }

claim "a stage does not include a stage" src/wire/a.c '#include "landing/landing.h"' \
    'src/wire/a.c:1: "landing/landing.h": wire may not include landing'
claim "a lower room does not include a higher one" src/base/a.c '#include "post/post.h"' 'base may not include post'
claim "rooms of one layer do not include each other" src/store/a.c '#include "engine/engine.h"' 'store may not include engine'
claim "engine may include post" src/engine/a.c '#include "post/post.h"' ''
claim "role may include everything" src/role/a.c '#include "wire/wire.h"\n#include "lake/lake.h"' ''
claim "only the door of another room is included" src/lake/a.c '#include "store/store_private.h"' \
    'the door of store is store/store.h'
claim "a room sees its own private headers" src/lake/a.c '#include "lake/record.h"' ''
claim "all of base is doors" src/lake/a.c '#include "base/arena.h"' ''
claim "a vendor belongs to its file" src/post/a.c '#include <utf8proc.h>' '<utf8proc.h> belongs to post/clean.c'
claim "its file may include a vendor" src/post/clean.c '#include <utf8proc.h>' ''
claim "a vendor nobody named is found" src/post/a.c '#include <zlib.h>' 'LAYERS does not name'
claim "a room nobody named is found" src/cellar/a.c 'int a;' 'no room cellar'
claim "a banned function is found" src/base/a.c 'void a(char *b)\n{\n\tstrcpy(b, "c");\n}' 'src/base/a.c:3: strcpy is banned'
claim "a banned name in a comment is fine" src/base/a.c '/* not strcpy(a, b) */\nint a; // strtok(b)' ''
claim "a longer name is not the banned one" src/base/a.c 'int a = snprintf(b, c, "d");' ''
claim "a function of 70 lines passes" src/base/a.c "int a(void)\n{\n$(lines 70 ';')}" ''
claim "a function of 71 lines is found" src/base/a.c "int a(void)\n{\n$(lines 71 ';')}" 'a function of 71 lines'
claim "a test may have long functions" src/base/a_test.c "int a(void)\n{\n$(lines 71 ';')}" ''
claim "a file of 601 lines is found" src/base/a.c "$(lines 600 'int a;')" 'a file of 601 lines'
exit $failures
