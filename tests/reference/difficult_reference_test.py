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
    # Members by our names that are nothing, or what ours are; X's own _aviary, of every kind.
    r'''{"data":[{"id":"2100000000000000016","text":"t","author_id":"11","user":null,"place":{},
    "media_all":[],"polls":[{"id":"1"}],"referenced":[null],"users_all":{"id":"11"},"rules":["r"],
    "fetched_at":"2026-11-23T07:00:00.000Z","fetched_via":"stream","page":null,"batch_id":1,
    "attachments":{"media_keys":["3_1"]},"_aviary":{"user":{"id":"5"},"_aviary":{"_aviary":1}}},
    {"id":"2100000000000000017","text":"t","author_id":"11","_aviary":null},
    {"id":"2100000000000000018","text":"t","_aviary":[1],"page":[],"hashtags":null},
    {"id":"2100000000000000019","text":"t","_aviary":{},"extra":{"/a":1},"stream_id":"x",
    "moved":["user"],"derived":["/text"]},
    {"id":"2100000000000000020","text":"t","_aviary":1,"_aviary":{"a":1,"a":2},"_aviary":"x",
    "user":1,"user":{"id":"6"},"media":{"media_key":"3_9","media_key":"3_8"}}],
    "includes":{"users":[{"id":"11","username":"a","name":"A"}],
    "media":[{"media_key":"3_1","type":"photo","type":"video","x":{"y":1,"y":2}}]}}''',
    # An envelope by our names, and given twice.
    r'''{"data":[{"id":"2100000000000000021","text":"outdone"}],"includes":5,"dropped":[[0,"1"]],
    "dropped":null,"_aviary":{"dropped":1,"dropped":2},"_aviary":7,"page":{"meta":1},"meta":{"a":1},
    "meta":{"a":2,"a":3},"includes":{"users":[{"id":"1","username":"outdone"}]},
    "data":[{"id":"2100000000000000022","text":"t","author_id":"1"}],"batch_id":9,
    "includes":{"users":[{"id":"1","username":"a"},{"id":"1","username":"b"}],"dropped":[],
    "users":[{"id":"2","username":"c"},{"id":"1","username":"d"}],"_aviary":{},"odd":1,"odd":2}}''',
    r'''{"includes":{"users":[]},"data":[{"id":"2100000000000000023","text":"t"}],"includes":[1],
    "includes":null,"_aviary":{"includes":{}}}''',
    # Posts that only a member by a name of ours tells apart are all kept.
    r'''{"data":[{"id":"2100000000000000024","text":"t","batch_id":1},
    {"id":"2100000000000000024","text":"t","batch_id":2},
    {"id":"2100000000000000025","text":"t","fetched_at":"a"},
    {"id":"2100000000000000025","text":"t","fetched_at":"b"},
    {"id":"2100000000000000026","text":"t","page":{"a":1}},
    {"id":"2100000000000000026","text":"t","page":{"a":2}}]}''',
    # Both vocabularies within one member, in either order.
    r'''{"data":[{"id":"2100000000000000027","text":"t","note_tweet":{"entities":{"mentions":[]}},
    "note_post":{"text":"long"},"public_metrics":{"repost_count":5,"retweet_count":6}},
    {"id":"2100000000000000028","text":"t","note_post":{"text":"new"},"note_tweet":{"text":"old"},
    "public_metrics":{"retweet_count":6,"repost_count":5}},
    {"id":"2100000000000000029","text":"t","note_post":{"text":5,"entities":1},
    "note_tweet":{"text":"old","entities":2},"public_metrics":{"repost_count":null}},
    {"id":"2100000000000000030","text":"t","note_post":{},"note_tweet":null,
    "edit_history_post_ids":["1"],"edit_history_tweet_ids":["2"],
    "referenced_posts":[{"type":"quoted","id":"2100000000000000031"}],
    "attachments":{"media_source_post_id":["3"],"media_source_tweet_id":[]}}],
    "includes":{"tweets":[{"id":"2100000000000000031","text":"t","note_post":{"text":"new"},
    "note_tweet":{"entities":{}}}],"posts":[{"id":"2100000000000000031","text":"again"}]}}''',
    # Repeats in what no column has, in json columns and in included objects.
    r'''{"data":[{"id":"2100000000000000032","text":"t","odd":1,"odd":{"a":1,"a":2},"new":[{"b":1,
    "b":{"c":1,"c":2}}],"article":{"t":1,"t":2},"author_id":"1","referenced_tweets":[{"id":"9",
    "zz":1,"zz":2}],"entities":{"odd":1,"odd":2},"non_public_metrics":[{"x":1,"x":2}],
    "in_reply_to_user_id":"2"},
    {"id":"2100000000000000033","text":"t","lang":"a","lang":"b","article":{"t":1,"t":2},
    "odd":{"a":1,"a":2},"in_reply_to_user_id":"2","author_id":"1"}],
    "includes":{"users":[{"id":"1","zz":1,"zz":2,"entities":{"a":1,"a":2}},{"id":"2","id":"2",
    "name":"x","name":"y"}],"topics":[{"id":1,"id":2}],"tweets":[{"id":"9","text":"a","text":"b",
    "q":{"r":1,"r":2}}]},"errors":[{"a":1,"a":2}]}''',
    # Recorded lines of the wire: what a page never makes of media and media_all.
    *('{"id":"21000000000000000%d","text":"t","batch_id":1,%s}' % (number, ours)
      for number, ours in enumerate((
          '"media_all":[],"media":{"media_key":"3_1","type":"photo","width":3}',
          '"media_all":[{"media_key":"3_2","width":4}],"media":{"media_key":"3_1","type":"photo"}',
          '"media_all":[{"media_key":"3_2","width":4}],"media":{"media_key":"3_2"}',
          '"media_all":[{"media_key":"3_2","width":4}],"media":{"media_key":"3_2","width":4}',
          '"media_all":[{"media_key":"3_2","width":4}]', '"media_all":[{"width":4}]',
          '"media_all":[{"width":4}],"media":{"width":4}', '"media_all":[{"width":4}],"media":{}',
          '"media_all":[7],"media":7', '"media_all":null,"media":{"media_key":"3_3"}',
          '"media_all":{},"media":{"media_key":"3_4"}', '"media":{"media_key":"3_5","x":1}',
          '"media_all":[],"polls":[],"users_all":[],"referenced":[],"rules":[],"hashtags":[]',
          '"_aviary":{"media":{"media_key":"3_6","y":1},"media_all":[{"media_key":"3_6","y":1}]},'
          '"media":{"media_key":"3_7"},"media_all":[]',
          '"_aviary":{"media":{"media_key":"3_6"}},"media_all":[{"media_key":"3_6","y":1}]',
          '"_aviary":5', '"_aviary":{}', '"_aviary":{"user":null,"odd":1,"odd":2},"user":{"id":"1"}',
          '"_aviary":{"user":1},"_aviary":{"user":{"id":"1"},"user":{"id":"2"}}'), 34)),
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
