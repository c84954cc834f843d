module retail-pulse-peer

go 1.19
