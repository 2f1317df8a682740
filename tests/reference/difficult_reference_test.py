#!/usr/bin/env python3
"""A few pages written by hand of what X could send but hardly ever does, through the whole program,
against the reference. $AVIARY_BIN stands in for build/aviary."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
import checks  # noqa: E402

DOCUMENTS = [
    # Values of other types than the columns', lone surrogates, numbers beyond 64 bits.
    r'''{"data":[{"id":"2100000000000000005","text":"5","lang":null,"author_id":{},
    "public_metrics":{"like_count":1.0,"reply_count":9223372036854775808,"quote_count":true,
    "repost_count":4},"possibly_sensitive":"no","created_at":"Mon Nov 23",
    "edit_history_tweet_ids":["1",2,null],"source":"a\ud800b\ud83d\ude00",
    "referenced_tweets":[{"type":1,"id":"2","more":[]},3],"a/b~":{"":[1,{"x":null}]},
    "entities":{},"geo":{},"attachments":{"media_keys":[]},"withheld":{"country_codes":{}},
    "display_text_range":[0,1.5],"article":null}]}''',
    # Members by our names; included objects without ids, repeated, or of no object.
    r'''{"data":[{"id":"2100000000000000006","text":"t","user":"theirs","hashtags":[1],
    "page":{"x":1},"media":null,"rules":"r","batch_id":"q","author_id":"11"}],
    "includes":{"users":[{"id":"11","username":"a","name":"A","pinned_post_id":"4","x":{"y":[]},
    "public_metrics":{"tweet_count":3}},{"id":"11","username":"again"},{"username":"noid"},
    {"id":5},7,null],"tweets":{},"media":[],"odd":null}}''',
    # Repeated members, both vocabularies, integers a double cannot hold.
    r'''{"data":[{"id":"2100000000000000007","text":"first","text":"t","text":"last","lang":"en",
    "public_metrics":{"like_count":1,"like_count":2},
    "entities":{"hashtags":[{"tag":"a","tag":"b","start":1}]},
    "context_annotations":[{"domain":{},"entity":{"id":"1","zz":2}},{}],
    "edit_history_tweet_ids":["7"],"note_post":{"text":"long &amp;lt; x\u0085\u2028e\u0301"},
    "geo":{"coordinates":{"type":"Point","coordinates":[9007199254740993,-0.0,1e-3]}}}]}''',
    # The same id with other contents, other spellings of time, a page without anything.
    r'''{"data":[{"id":"2100000000000000008","text":"t #Tag \u0000 #\u00c9t\u00e9","created_at":
    "2026-11-23T07:00:00.123456Z"},{"id":"2100000000000000008","text":"t2","created_at":
    "2026-11-23T07:00:00+05:30"},{"id":"2100000000000000009","text":"t",
    "created_at":"2026-02-29T00:00:00.000Z"}],"includes":{}}''',
    r'''{"data":[{"id":"2100000000000000010","text":"","created_at":null,"note_tweet":{"text":"n"},
    "edit_controls":{"editable_until":"2026-11-23T07:00:00Z"}}],"errors":[],"meta":null}''',
    # Re-deliveries, whatever the spelling of the members.
    '{"data":[{"id":"2100000000000000011","text":"a","created_at":"2026-11-23T07:00:00Z"}]}',
    '{"data":[{"id":"2100000000000000011","text":"a","created_at":"2026-11-23T07:00:00Z"},'
    '{"id":"2100000000000000012","text":"b"}],"meta":{"again":true}}',
    # Neither a post nor a page.
    '{"data":[{"id":"2100000000000000013"}]}',
    '[{"id":"2100000000000000014","text":"x"}]',
    '{"data":{"id":"2100000000000000015","text":"x"}}',
    "no JSON",
]


def main():
    report = checks.Report()
    if not checks.binary_is_there(report):
        return report.finish()
    with tempfile.TemporaryDirectory(prefix="aviary-difficult-") as directory:
        files = []
        for number, text in enumerate(DOCUMENTS):
            files.append(pathlib.Path(directory) / f"difficult-{number}.json")
            files[-1].write_text(text, encoding="utf-8")
        checks.check_all(report, checks.Lake(pathlib.Path(directory) / "lake", files))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
