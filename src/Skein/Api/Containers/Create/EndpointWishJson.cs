namespace Skein.Api.Containers.Create;

/// <summary>What a user wishes of a leg on one network.</summary>
internal sealed record EndpointWishJson
{
    public AddressesJson? IPAMConfig { get; init; }
    public IReadOnlyList<string>? Links { get; init; }
    public IReadOnlyList<string>? Aliases { get; init; }
    public string? MacAddress { get; init; }
    public IReadOnlyDictionary<string, string>? DriverOpts { get; init; }
    public int? GwPriority { get; init; }

    internal sealed record AddressesJson
    {
        public string? IPv4Address { get; init; }
        public string? IPv6Address { get; init; }
        public IReadOnlyList<string>? LinkLocalIPs { get; init; }
    }
}
