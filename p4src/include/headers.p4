// Packet headers. Outer headers come from the underlay, inner ones are the tenant's.
// Field orders: Ethernet II, RFC 826 (ARP), RFC 791 (IPv4), RFC 768 (UDP), RFC 7348 (VXLAN).

typedef bit<48> mac_t;
typedef bit<32> ipv4_t;
typedef bit<24> vni_t;
typedef bit<16> tenant_t;
typedef bit<9>  port_t;

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP  = 0x0806;
const bit<16> ETHERTYPE_VLAN = 0x8100;
const bit<16> ETHERTYPE_QINQ = 0x88a8;

const bit<8> PROTO_TCP = 6;
const bit<8> PROTO_UDP = 17;

const bit<16> VXLAN_PORT   = 4789;
const bit<8>  VXLAN_FLAG_I = 0x08;    // the VNI is valid

const bit<16> ARP_HTYPE_ETHERNET = 1;
const bit<16> ARP_REQUEST = 1;
const bit<16> ARP_REPLY   = 2;

header ethernet_h {
    mac_t   dst;
    mac_t   src;
    bit<16> type;
}

header arp_h {
    bit<16> htype;
    bit<16> ptype;
    bit<8>  hlen;
    bit<8>  plen;
    bit<16> op;
    mac_t   sha;      // sender hardware address
    ipv4_t  spa;      // sender protocol address
    mac_t   tha;      // target hardware address
    ipv4_t  tpa;      // target protocol address
}

header ipv4_h {
    bit<4>  version;
    bit<4>  ihl;
    bit<8>  tos;
    bit<16> len;
    bit<16> id;
    bit<1>  reserved;
    bit<1>  df;
    bit<1>  mf;
    bit<13> frag;     // offset in units of 8 bytes
    bit<8>  ttl;
    bit<8>  proto;
    bit<16> csum;
    ipv4_t  src;
    ipv4_t  dst;
}

header udp_h {
    bit<16> sport;
    bit<16> dport;
    bit<16> len;
    bit<16> csum;
}

header vxlan_h {
    bit<8>  flags;
    bit<24> reserved;
    vni_t   vni;
    bit<8>  reserved2;
}

// The first four bytes of TCP and UDP alike.
header ports_h {
    bit<16> src;
    bit<16> dst;
}

struct headers_t {
    ethernet_h eth;
    arp_h      arp;
    ipv4_h     ip;
    udp_h      udp;
    vxlan_h    vxlan;
    ethernet_h inner_eth;
    arp_h      inner_arp;
    ipv4_h     inner_ip;
    ports_h    inner_ports;
}

// Lengths in bytes, for the checks of length fields against one another.
const int ETHERNET_BYTES = 14;
const int ARP_BYTES      = 28;
const int IPV4_BYTES     = 20;
const int UDP_BYTES      = 8;
const int VXLAN_BYTES    = 8;
// From the outer UDP header to the inner IPv4 or ARP header.
const int INNER_OFFSET   = UDP_BYTES + VXLAN_BYTES + ETHERNET_BYTES;
