namespace SmartCity.Mqtt.Tests;

internal static class PublishCases
{
    public const string Table = """
        3 ok publish QoS 0 | 30: "a/b" 'hello'
        3 ok publish QoS 0 retained | 31: "a/b" 'hello'
        3 ok publish QoS 1 | 32: "a/b" 0001 'hello'
        3 ok publish QoS 1 again | 3a: "a/b" ffff 'hello'
        3 ok publish QoS 2 | 34: "a/b" 0102 'hello'
        3 ok publish QoS 2 again retained | 3d: "a/b" 0102 'hello'
        3 ok publish empty payload | 30: "a/b"
        3 ok publish empty payload QoS 1 | 32: "a/b" 0001
        3 ok publish one character | 30: "a"
        3 ok publish slash alone | 30: "/"
        3 ok publish server's topic | 30: "$SYS/x" 'v'
        3 ok publish topic with space and Vietnamese | 30: "phường Hạc Thành/đèn 1" 'v'
        3 ok publish payload of zeroes | 30: "a" 0000000000
        3 malformed publish QoS 3 | 36: "a" 0001
        5 malformed publish QoS 3 | 36: "a" 0001 []
        35 malformed publish QoS 3 with everything | 3f: "a" 0001 00
        35 malformed publish QoS 0 with DUP | 38: "a" 00
        3 protocol publish packet id 0 | 32: "a" 0000
        5 protocol publish packet id 0 | 32: "a" 0000 []
        3 protocol publish QoS 2 packet id 0 | 34: "a" 0000
        3 malformed publish nothing in it | 30:
        3 malformed publish half a length | 30: 00
        3 malformed publish topic longer than packet | 30: 0005 'abcd'
        3 malformed publish no packet id | 32: "a"
        3 malformed publish half a packet id | 32: "a" 00
        3 malformed publish empty topic | 30: "" 'x'
        35 malformed publish wildcard # | 30: "a/#" 00
        35 malformed publish wildcard + | 30: "a/+/b" 00
        35 malformed publish wildcard in a word | 30: "a+b" 00
        35 malformed publish U+0000 | 30: 0003 610062 00
        35 malformed publish surrogate D800 | 30: 0003 eda080 00
        35 malformed publish surrogate DFFF | 30: 0003 edbfbf 00
        35 malformed publish overlong | 30: 0002 c0af 00
        35 malformed publish lone continuation | 30: 0001 bf 00
        5 ok publish QoS 0 | 30: "a/b" [] 'hello'
        5 ok publish QoS 1 retained | 33: "a/b" 000a [] 'hello'
        5 ok publish QoS 2 again | 3c: "a/b" 000a [] 'hello'
        5 ok publish alias with topic | 30: "a/b" [23 0001] 'hello'
        5 ok publish alias alone | 30: "" [23 ffff] 'hello'
        5 ok publish expiry | 30: "a/b" [02 00000001] 'hello'
        5 ok publish every property | 32: "a/b" 0001 [23 0001 02 0000003c 0b 01 01 01 03 "text/plain" 08 "r/t" 09 0002 00ff 26 "k" "v" 26 "k" "v"] 'hello'
        5 ok publish many subscription identifiers | 30: "a" [0b 01 0b ffffff7f 0b 8001] 'x'
        5 ok publish empty strings in properties | 30: "a" [03 "" 09 0000 26 "" ""] 'x'
        5 ok~ publish properties in another order | 30: "a" [26 "k" "v" 01 00 23 0002] 'x'
        5 protocol publish no topic and no alias | 30: "" [] 'x'
        5 alias publish alias 0 | 30: "a" [23 0000] 'x'
        5 protocol publish alias twice | 30: "a" [23 0001 23 0001] 'x'
        5 protocol publish format twice | 30: "a" [01 00 01 00] 'x'
        5 protocol publish format 2 | 30: "a" [01 02] 'x'
        5 protocol publish expiry twice | 30: "a" [02 00000001 02 00000001] 'x'
        5 protocol publish content type twice | 30: "a" [03 "a" 03 "a"] 'x'
        5 protocol publish response topic twice | 30: "a" [08 "a" 08 "a"] 'x'
        5 protocol publish response topic empty | 30: "a" [08 ""] 'x'
        5 protocol publish response topic with + | 30: "a" [08 "a/+"] 'x'
        5 protocol publish response topic with # | 30: "a" [08 "#"] 'x'
        5 protocol publish correlation data twice | 30: "a" [09 "a" 09 "a"] 'x'
        5 protocol publish subscription identifier 0 | 30: "a" [0b 00] 'x'
        5 malformed publish subscription identifier of five bytes | 30: "a" [0b 8080808001] 'x'
        5 malformed publish subscription identifier not smallest | 30: "a" [0b 8100] 'x'
        5 malformed publish content type ill formed | 30: "a" [03 0001 ff] 'x'
        5 malformed publish content type with U+0000 | 30: "a" [03 0001 00] 'x'
        5 malformed publish user property with surrogate | 30: "a" [26 0003 eda080 "v"] 'x'
        5 malformed publish property of CONNECT | 30: "a" [11 00000001] 'x'
        5 malformed publish reason string | 30: "a" [1f "x"] 'x'
        5 malformed publish will delay | 30: "a" [18 00000001] 'x'
        5 malformed publish property cut at list's end | 30: "a" 02 0200 000001 'x'
        5 malformed publish no property length | 30: "a"
        5 malformed publish property length beyond packet | 30: "a" 7f 'x'
        5 malformed publish property length not smallest | 30: "a" 8000 'x'
        5 malformed publish remaining length not smallest | 30 8500 "a" [] 'x'
        3 ok~ publish remaining length not smallest, which 3.1.1 lets pass | 30 8400 "a" 'x'
        35 malformed publish remaining length of five bytes | 30 8080808001
        35 large publish announcing 256 MB | 30 ffffff7f
        35 large publish announcing a byte too much | 30 fdff0f
        35 malformed type 0 | 00 00
        35 malformed type 0 with flags | 0f 00
        """;
}
