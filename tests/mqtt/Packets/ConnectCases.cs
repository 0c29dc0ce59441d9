namespace SmartCity.Mqtt.Tests;

internal static class ConnectCases
{
    public const string Table = """
        3 ok connect smallest | 10: "MQTT" 04 02 003c "a"
        3 ok connect empty client id | 10: "MQTT" 04 02 0000 ""
        3 ok connect keeps its session | 10: "MQTT" 04 00 ffff "gw-1"
        3 ok connect user name | 10: "MQTT" 04 82 003c "a" "user"
        3 ok connect user name and password | 10: "MQTT" 04 c2 003c "a" "user" 0003 00ff80
        3 ok connect empty password | 10: "MQTT" 04 c2 003c "a" "user" 0000
        3 ok connect will QoS 0 | 10: "MQTT" 04 06 003c "a" "w/t" "gone"
        3 ok connect will QoS 1 retained | 10: "MQTT" 04 2e 003c "a" "w/t" "gone"
        3 ok connect will QoS 2 and credentials | 10: "MQTT" 04 f6 003c "a" "w/t" "gone" "u" "p"
        3 ok connect empty will payload | 10: "MQTT" 04 06 003c "a" "w/t" 0000
        3 ok connect client id beyond ASCII | 10: "MQTT" 04 02 003c "Hàm Rồng 🏮"
        3 ok connect client id with U+FEFF | 10: "MQTT" 04 02 003c 0004 efbbbf 'a'
        3 ok connect client id with highest code point | 10: "MQTT" 04 02 003c 0004 f48fbfbf
        3 ok~ connect length not smallest, which 3.1.1 lets pass | 10 8d00 "MQTT" 04 02 003c "a"
        5 ok connect smallest | 10: "MQTT" 05 02 003c [] "a"
        5 ok connect password without user name | 10: "MQTT" 05 42 003c [] "a" "p"
        5 ok connect every property | 10: "MQTT" 05 02 003c [11 0000000a 21 0014 27 00001000 22 0005 19 01 17 00 15 "m" 16 "d" 26 "k" "v" 26 "k" "v"] "a"
        5 ok connect session for ever | 10: "MQTT" 05 00 003c [11 ffffffff] "a"
        5 ok~ connect defaults spelt out | 10: "MQTT" 05 02 003c [11 00000000 21 ffff 22 0000 19 00 17 01] "a"
        5 ok connect will with every property | 10: "MQTT" 05 2e 003c [] "a" [18 00000005 02 0000003c 01 01 03 "text/plain" 08 "r/t" 09 "c" 26 "k" "v"] "w" "x"
        5 ok connect will without properties | 10: "MQTT" 05 06 003c [] "a" [] "w" "x"
        35 malformed connect with flags in the first byte | 11: "MQTT" 04 02 003c "a"
        3 malformed connect flag of the first byte 8 | 18: "MQTT" 04 02 003c "a"
        3 malformed connect reserved connect flag | 10: "MQTT" 04 03 003c "a"
        5 malformed connect reserved connect flag | 10: "MQTT" 05 03 003c [] "a"
        3 malformed connect will QoS without will | 10: "MQTT" 04 0a 003c "a"
        5 malformed connect will QoS without will | 10: "MQTT" 05 12 003c [] "a"
        3 malformed connect will retain without will | 10: "MQTT" 04 22 003c "a"
        5 malformed connect will retain without will | 10: "MQTT" 05 22 003c [] "a"
        3 malformed connect will QoS 3 | 10: "MQTT" 04 1e 003c "a" "w" "x"
        5 malformed connect will QoS 3 | 10: "MQTT" 05 1e 003c [] "a" [] "w" "x"
        3 malformed connect password without user name | 10: "MQTT" 04 42 003c "a" "p"
        3 unsupported connect MQIsdp | 10: "MQIsdp" 03 02 003c "a"
        3 unsupported connect other name of four letters | 10: "MQTX" 04 02 003c "a"
        3 unsupported connect lower case | 10: "mqtt" 04 02 003c "a"
        3 unsupported connect no name | 10: "" 04 02 003c "a"
        3 unsupported connect level 3 | 10: "MQTT" 03 02 003c "a"
        3 unsupported connect level 6 | 10: "MQTT" 06 02 003c "a"
        3 unsupported connect level with bridge bit | 10: "MQTT" 84 02 003c "a"
        3 malformed connect nothing in it | 10:
        3 malformed connect ends in its name | 10: 0004 'MQ'
        3 malformed connect ends before its level | 10: "MQTT"
        3 malformed connect ends before its flags | 10: "MQTT" 04
        3 malformed connect ends in keep alive | 10: "MQTT" 04 02 00
        3 malformed connect no client id | 10: "MQTT" 04 02 003c
        3 malformed connect client id longer than packet | 10: "MQTT" 04 02 003c 0005 'a'
        3 malformed connect bytes left over | 10: "MQTT" 04 02 003c "a" 00
        5 malformed connect bytes left over | 10: "MQTT" 05 02 003c [] "a" 00
        3 malformed connect user name announced and absent | 10: "MQTT" 04 82 003c "a"
        3 malformed connect password announced and absent | 10: "MQTT" 04 c2 003c "a" "u"
        3 malformed connect will announced and absent | 10: "MQTT" 04 06 003c "a"
        3 malformed connect will payload cut | 10: "MQTT" 04 06 003c "a" "w" 0004 'x'
        3 malformed connect client id with U+0000 | 10: "MQTT" 04 02 003c 0002 'a' 00
        3 malformed connect client id with surrogate D800 | 10: "MQTT" 04 02 003c 0003 eda080
        3 malformed connect client id with surrogate DFFF | 10: "MQTT" 04 02 003c 0003 edbfbf
        3 malformed connect client id with surrogate pair in UTF-8 | 10: "MQTT" 04 02 003c 0006 eda080 edb080
        3 malformed connect client id overlong slash | 10: "MQTT" 04 02 003c 0002 c0af
        3 malformed connect client id overlong zero | 10: "MQTT" 04 02 003c 0002 c080
        3 malformed connect client id overlong in four bytes | 10: "MQTT" 04 02 003c 0004 f0808080
        3 malformed connect client id beyond U+10FFFF | 10: "MQTT" 04 02 003c 0004 f4908080
        3 malformed connect client id with lone continuation | 10: "MQTT" 04 02 003c 0001 80
        3 malformed connect client id cut in a character | 10: "MQTT" 04 02 003c 0002 e1bb
        3 malformed connect client id with FF | 10: "MQTT" 04 02 003c 0001 ff
        3 malformed connect user name ill formed | 10: "MQTT" 04 82 003c "a" 0001 ff
        3 malformed connect will topic ill formed | 10: "MQTT" 04 06 003c "a" 0001 ff "x"
        3 malformed connect will topic with wildcard + | 10: "MQTT" 04 06 003c "a" "w/+" "x"
        3 malformed connect will topic with wildcard # | 10: "MQTT" 04 06 003c "a" "#" "x"
        3 malformed connect will topic empty | 10: "MQTT" 04 06 003c "a" "" "x"
        3 malformed connect name ill formed | 10: 0004 ffffffff 04 02 003c "a"
        5 malformed connect no property length | 10: "MQTT" 05 02 003c
        5 malformed connect property length beyond packet | 10: "MQTT" 05 02 003c 20 "a"
        5 malformed connect property length of five bytes | 10: "MQTT" 05 02 003c 8080808001 "a"
        5 malformed connect property length not smallest | 10: "MQTT" 05 02 003c 8000 "a"
        5 malformed connect remaining length not smallest | 10 8e00 "MQTT" 05 02 003c [] "a"
        5 malformed connect unknown property | 10: "MQTT" 05 02 003c [7f 00] "a"
        5 malformed connect property 0 | 10: "MQTT" 05 02 003c [00] "a"
        5 malformed connect property of PUBLISH | 10: "MQTT" 05 02 003c [01 00] "a"
        5 malformed connect property of CONNACK | 10: "MQTT" 05 02 003c [12 "x"] "a"
        5 malformed connect property id of two bytes | 10: "MQTT" 05 02 003c [8001] "a"
        5 protocol connect session expiry twice | 10: "MQTT" 05 02 003c [11 00000001 11 00000001] "a"
        5 protocol connect receive maximum twice | 10: "MQTT" 05 02 003c [21 0001 21 0001] "a"
        5 protocol connect receive maximum 0 | 10: "MQTT" 05 02 003c [21 0000] "a"
        5 protocol connect maximum packet size 0 | 10: "MQTT" 05 02 003c [27 00000000] "a"
        5 protocol connect maximum packet size twice | 10: "MQTT" 05 02 003c [27 00000001 27 00000001] "a"
        5 protocol connect topic alias maximum twice | 10: "MQTT" 05 02 003c [22 0001 22 0001] "a"
        5 protocol connect request response information 2 | 10: "MQTT" 05 02 003c [19 02] "a"
        5 protocol connect request problem information 2 | 10: "MQTT" 05 02 003c [17 02] "a"
        5 protocol connect authentication data without method | 10: "MQTT" 05 02 003c [16 "d"] "a"
        5 protocol connect authentication method twice | 10: "MQTT" 05 02 003c [15 "m" 15 "m"] "a"
        5 malformed connect property cut | 10: "MQTT" 05 02 003c [11 0000] "a"
        5 malformed connect user property without value | 10: "MQTT" 05 02 003c [26 "k"] "a"
        5 malformed connect user property ill formed | 10: "MQTT" 05 02 003c [26 "k" 0001 ff] "a"
        5 malformed connect will property of CONNECT | 10: "MQTT" 05 06 003c [] "a" [11 00000001] "w" "x"
        5 malformed connect will property topic alias | 10: "MQTT" 05 06 003c [] "a" [23 0001] "w" "x"
        5 protocol connect will delay twice | 10: "MQTT" 05 06 003c [] "a" [18 00000001 18 00000001] "w" "x"
        5 protocol connect will format 2 | 10: "MQTT" 05 06 003c [] "a" [01 02] "w" "x"
        5 protocol connect will response topic with wildcard | 10: "MQTT" 05 06 003c [] "a" [08 "r/#"] "w" "x"
        5 malformed connect will property length missing | 10: "MQTT" 05 06 003c [] "a"
        3 ok connack accepted | 20: 00 00
        3 ok connack session present | 20: 01 00
        3 ok connack refused level | 20: 00 01
        3 ok connack refused client id | 20: 00 02
        3 ok connack refused unavailable | 20: 00 03
        3 ok connack refused credentials | 20: 00 04
        3 ok connack refused authorisation | 20: 00 05
        3 malformed connack reserved code 6 | 20: 00 06
        3 malformed connack reserved code 255 | 20: 00 ff
        3 malformed connack reserved flag | 20: 02 00
        3 protocol connack session with refusal | 20: 01 02
        3 malformed connack too short | 20: 00
        3 malformed connack too long | 20: 00 00 00
        3 malformed connack first byte | 21: 00 00
        5 ok connack accepted | 20: 00 00 []
        5 ok connack every property | 20: 01 00 [11 0000000a 21 0014 24 01 25 01 27 00001000 12 "id" 22 0005 1f "why" 28 01 29 01 2a 00 13 003c 1a "ri" 1c "sr" 15 "m" 16 "d" 26 "k" "v"]
        5 ok connack refused | 20: 00 87 []
        5 ok connack too many connections | 20: 00 9f [1f "later"]
        5 protocol connack reason of PUBLISH | 20: 00 10 []
        5 protocol connack reserved reason | 20: 00 ff []
        5 protocol connack session with refusal | 20: 01 87 []
        5 malformed connack reserved flag | 20: 80 00 []
        5 malformed connack no property length | 20: 00 00
        5 malformed connack property of CONNECT | 20: 00 00 [17 00]
        5 protocol connack maximum QoS 2 | 20: 00 00 [24 02]
        5 protocol connack retain available 2 | 20: 00 00 [25 02]
        5 protocol connack wildcard available 2 | 20: 00 00 [28 02]
        5 protocol connack receive maximum 0 | 20: 00 00 [21 0000]
        5 malformed connack bytes left over | 20: 00 00 [] 00
        """;
}
