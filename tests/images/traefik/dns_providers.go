package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/providers/dns/dnsupdate"
)

// NewDNSChallengeProviderByName knows the one provider that the lab's name server speaks.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	switch name {
	case "dnsupdate", "rfc2136":
		return dnsupdate.NewDNSProvider()
	default:
		return nil, fmt.Errorf("unrecognized DNS provider: %s", name)
	}
}
