"""URLs that must lead to no connection, and what names in them resolve to."""

LOOPBACK_NOTATIONS = (
    *("127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "017700000001"),
    *("0x7f000001", "0x7F.0.0.1", "0x7f.1", "0177.0.0.1", "0177.0x0.0.01", "127.0.0.1."),
    *("0", "0.0.0.0", "0x0", "00000000", "127.0.0.01", "0127.0.0.1"),  # noqa: S104 - refused
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::1]"),
    *("[::1%25lo]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1", "::1"),
    *("１２７.0.0.1", "１２７．０．０．１", "127。0。0。1", "①②⑦.⓪.⓪.①", "⓵⓶⓻.0.0.1"),
    *("%31%32%37.0.0.1", "127.0.0.1%2f", "127%2e0%2e0%2e1"),
)
"""Hosts that are this machine to one program or another."""
PRIVATE_NOTATIONS = (
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "2852039166"),
    *("0xa9fea9fe", "0251.0376.0251.0376", "192.0.0.192", "168.63.129.16", "224.0.0.1"),
    *("255.255.255.255", "240.0.0.1", "198.18.0.1", "[fd00:ec2::254]", "[fc00::1]", "[fec0::1]"),
    *("[ff02::1]", "[::ffff:10.0.0.1]", "[2001:db8::1]"),
)
SCHEMES = (
    *("http://images.example/a.png", "HTTP://images.example/a.png", "http:images.example/a.png"),
    *("https:/images.example/a.png", "https:images.example/a.png", "https:///a.png", "https://"),
    *("ftp://images.example/a.png", "gopher://127.0.0.1:443/_GET", "dict://127.0.0.1:443/d"),
    *("file:///etc/passwd", "ws://images.example/", "jar:https://images.example/a.png!/b"),
    *("//images.example/a.png", "javascript:fetch('https://images.example')"),
)
SHAPES = (
    *("https://user:secret@images.example/a.png", "https://user@images.example/a.png"),
    *("https://@images.example/a.png", "https://images.example@127.0.0.1/a.png"),
    *("https://127.0.0.1\\@images.example/a.png", "https://images.example\\@127.0.0.1/a.png"),
    *("https://images.example:80/a.png", "https://images.example:8443/a.png"),
    *("https://images.example:22/a.png", "https://images.example:0/", "https://images.example:-1/"),
    *(
        "https://images.example:65979/",
        "https://images.example:４４３４/",
        "https://images.example:a/",
    ),
    *("https://images.example:443:80/", "https://images.example /a.png"),
    *("https://images.example\t/a.png", "https://images.example\r\nHost: 127.0.0.1/"),
    *("https://images.example\x00.evil.example/", "https://images.example%00.evil.example/"),
    *("https://localhost/a.png", "https://LOCALHOST/a.png", "https://localhost./a.png"),
    *("https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/a.png", "https://images.example..​/a.png", "https://-.example/a.png"),
    *("https://images,example/a.png", "https://images.example；/a.png", "https://.example/a.png"),
    *("https://images.example／@127.0.0.1/", "https://images.example⁄@127.0.0.1/"),
    *(f"https://{'a' * 64}.example/", f"https://{'a.' * 127}example/", "https://a.example/" * 300),
)
ANSWERS = {
    **{
        f"{address.replace('.', '-').replace(':', '-').replace('%', '-')}x.rebind.example": [
            address
        ]
        for address in (
            *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.31.255.255", "192.168.0.10", "0.0.0.0"),  # noqa: S104 - refused
            *("100.127.255.255", "169.254.169.254", "192.0.0.192", "192.88.99.1", "198.19.0.1"),
            *("203.0.113.5", "224.0.0.251", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
            *("::1", "::", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"),
            *("64:ff9b:1::a00:1", "2001:0:a00:1::1", "2001:db8::1", "fe80::1%eth0", "fd00::1"),
            *("fec0::1", "ff02::1", "100::1", "3fff::1", "2001:20::1", "not an address", ""),
        )
    },
    "mixed.example": ["93.184.216.34", "10.0.0.1"],
    "mixed6.example": ["93.184.216.34", "::1"],
    "nowhere.example": [],
    "localhost.localdomain": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
}
"""Names of which not every address is public."""

HOSTILE_URLS = (
    *(f"https://{host}/a.png" for host in (*LOOPBACK_NOTATIONS, *PRIVATE_NOTATIONS)),
    *SCHEMES,
    *SHAPES,
    *(f"https://{name}/a.png" for name in ANSWERS),
)
