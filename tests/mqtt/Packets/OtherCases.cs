namespace SmartCity.Mqtt.Tests;

internal static class OtherCases
{
    public const string Table = """
        35 ok puback | 40: 0001
        35 ok pubrec | 50: 0001
        35 ok pubrel | 62: 0001
        35 ok pubcomp | 70: 0001
        5 ok~ puback success spelt out | 40: 0001 00
        5 ok puback reason | 40: 0001 10
        5 ok puback not authorised | 40: 0001 87
        5 ok~ puback reason and no properties | 40: 0001 87 []
        5 ok puback reason string | 40: 0001 87 [1f "no"]
        5 ok puback user properties | 40: 0001 00 [26 "k" "v" 26 "k" "w"]
        5 ok pubrec quota | 50: 0001 97
        5 ok pubrel not found | 62: 0001 92
        5 ok pubcomp not found | 70: 0001 92
        5 ok pubcomp reason string | 70: 0001 92 [1f "x"]
        35 protocol puback packet id 0 | 40: 0000
        35 protocol pubrec packet id 0 | 50: 0000
        35 protocol pubrel packet id 0 | 62: 0000
        35 protocol pubcomp packet id 0 | 70: 0000
        35 malformed puback nothing | 40:
        35 malformed puback half an id | 40: 00
        3 malformed puback too long | 40: 0001 00
        3 malformed pubrec too long | 50: 0001 00
        3 malformed pubrel too long | 62: 0001 00
        3 malformed pubcomp too long | 70: 0001 00
        35 malformed puback flags | 42: 0001
        35 malformed pubrec flags | 51: 0001
        35 malformed pubrel flags 0 | 60: 0001
        35 malformed pubrel flags 3 | 63: 0001
        35 malformed pubcomp flags | 78: 0001
        5 protocol puback reserved reason | 40: 0001 7f
        5 protocol puback reason of PUBREL | 40: 0001 92
        5 protocol pubrec reserved reason | 50: 0001 01
        5 protocol pubrel reason of PUBACK | 62: 0001 87
        5 protocol pubcomp reason of PUBACK | 70: 0001 10
        5 protocol puback reason string twice | 40: 0001 00 [1f "a" 1f "a"]
        5 malformed puback property of PUBLISH | 40: 0001 00 [01 00]
        5 malformed puback bytes left over | 40: 0001 00 [] 00
        5 malformed puback property length beyond packet | 40: 0001 00 05 1f
        3 ok subscribe one | 82: 0001 "a/b" 00
        3 ok subscribe three | 82: 0001 "a/b" 00 "c/#" 01 "+/d" 02
        3 ok subscribe everything | 82: 0001 "#" 02
        3 ok subscribe plus alone | 82: 0001 "+" 00
        3 ok subscribe plus between | 82: 0001 "/+/x/+" 00
        3 ok subscribe shared | 82: 0001 "$share/g/a/#" 01
        35 malformed subscribe flags 0 | 80: 0001 "a" 00
        35 malformed subscribe flags 3 | 83: 0001 "a" 00
        35 protocol subscribe packet id 0 | 82: 0000 "a" 00
        3 protocol subscribe nothing wanted | 82: 0001
        5 protocol subscribe nothing wanted | 82: 0001 []
        3 malformed subscribe no options | 82: 0001 "a"
        3 malformed subscribe QoS 3 | 82: 0001 "a" 03
        3 malformed subscribe option bit of MQTT 5 | 82: 0001 "a" 04
        3 malformed subscribe option bit 7 | 82: 0001 "a" 80
        3 malformed subscribe empty filter | 82: 0001 "" 00
        3 malformed subscribe # inside | 82: 0001 "a/#/b" 00
        3 malformed subscribe # in a word | 82: 0001 "a/b#" 00
        3 malformed subscribe + in a word | 82: 0001 "a/b+" 00
        3 malformed subscribe + before a word | 82: 0001 "+b/c" 00
        3 malformed subscribe U+0000 | 82: 0001 0002 6100 00
        3 malformed subscribe ill formed | 82: 0001 0001 ff 00
        3 malformed subscribe second filter cut | 82: 0001 "a" 00 0005 'b'
        3 malformed subscribe share without name | 82: 0001 "$share//a" 00
        3 malformed subscribe share without filter | 82: 0001 "$share/g" 00
        3 malformed subscribe share with empty filter | 82: 0001 "$share/g/" 00
        3 malformed subscribe share name with wildcard | 82: 0001 "$share/g+/a" 00
        5 ok subscribe options | 82: 0001 [] "a" 2e
        5 ok subscribe send if new | 82: 0001 [] "a" 11
        5 ok subscribe identifier | 82: 0001 [0b 8001 26 "k" "v"] "a" 00 "b" 01
        5 ok subscribe largest identifier | 82: 0001 [0b ffffff7f] "a" 00
        5 protocol subscribe QoS 3 | 82: 0001 [] "a" 03
        5 protocol subscribe retain handling 3 | 82: 0001 [] "a" 30
        5 malformed subscribe option bit 6 | 82: 0001 [] "a" 40
        5 malformed subscribe option bit 7 | 82: 0001 [] "a" 80
        5 protocol subscribe shared with no local | 82: 0001 [] "$share/g/a" 04
        5 protocol subscribe identifier 0 | 82: 0001 [0b 00] "a" 00
        5 protocol subscribe identifier twice | 82: 0001 [0b 01 0b 01] "a" 00
        5 malformed subscribe reason string | 82: 0001 [1f "x"] "a" 00
        5 malformed subscribe no property length | 82: 0001
        3 ok suback | 90: 0001 00 01 02 80
        3 protocol suback reserved code | 90: 0001 03
        3 protocol suback code of MQTT 5 | 90: 0001 87
        3 protocol suback empty | 90: 0001
        35 protocol suback packet id 0 | 90: 0000 00
        35 malformed suback flags | 92: 0001 00
        5 ok suback | 90: 0001 [] 00 01 02 80 83 87 8f 91 97 9e a1 a2
        5 ok suback explained | 90: 0001 [1f "no" 26 "k" "v"] 87
        5 protocol suback reserved code | 90: 0001 [] 03
        5 protocol suback empty | 90: 0001 []
        3 ok unsubscribe | a2: 0001 "a/b"
        3 ok unsubscribe many | a2: 0001 "a/b" "#" "+/x"
        3 protocol unsubscribe nothing | a2: 0001
        35 protocol unsubscribe packet id 0 | a2: 0000 "a"
        35 malformed unsubscribe flags | a0: 0001 "a"
        3 malformed unsubscribe empty filter | a2: 0001 ""
        3 malformed unsubscribe bad filter | a2: 0001 "a/#/b"
        3 malformed unsubscribe cut | a2: 0001 0004 'a'
        5 ok unsubscribe | a2: 0001 [] "a/b"
        5 ok unsubscribe user property | a2: 0001 [26 "k" "v"] "a/b"
        5 malformed unsubscribe subscription identifier | a2: 0001 [0b 01] "a/b"
        5 protocol unsubscribe nothing | a2: 0001 []
        3 ok unsuback | b0: 0001
        3 malformed unsuback too long | b0: 0001 00
        35 protocol unsuback packet id 0 | b0: 0000
        5 ok unsuback | b0: 0001 [] 00 11 80 83 87 8f 91
        5 protocol unsuback empty | b0: 0001 []
        5 protocol unsuback reserved code | b0: 0001 [] 01
        35 ok pingreq | c0 00
        35 ok pingresp | d0 00
        35 malformed pingreq with a body | c0 01 00
        35 malformed pingresp with a body | d0 01 00
        35 malformed pingreq flags | c1 00
        35 malformed pingresp flags | d8 00
        35 ok disconnect | e0 00
        35 malformed disconnect flags | e1 00
        3 malformed disconnect with a body | e0: 00
        5 ok~ disconnect success spelt out | e0: 00
        5 ok disconnect with will | e0: 04
        5 ok disconnect taken over | e0: 8e
        5 ok disconnect with properties | e0: 00 [11 0000000a 1f "bye" 1c "other" 26 "k" "v"]
        5 ok~ disconnect reason and no properties | e0: 04 []
        5 protocol disconnect reserved reason | e0: 01
        5 protocol disconnect reason of CONNACK | e0: 84
        5 protocol disconnect expiry twice | e0: 00 [11 00000001 11 00000001]
        5 malformed disconnect property of PUBLISH | e0: 00 [01 00]
        5 malformed disconnect bytes left over | e0: 00 [] 00
        3 malformed auth in 3.1.1 | f0 00
        5 ok auth | f0 00
        5 ok auth continue | f0: 18 [15 "m" 16 "d" 1f "x" 26 "k" "v"]
        5 ok auth again | f0: 19 [15 "m"]
        35 malformed auth flags | f1 00
        5 protocol auth reserved reason | f0: 01 [15 "m"]
        5 protocol auth without method | f0: 18 []
        5 protocol auth method twice | f0: 18 [15 "m" 15 "m"]
        5 malformed auth property of CONNECT | f0: 18 [15 "m" 21 0001]
        """;
}
