using Skein.Api.Containers.Create;

namespace Skein.Api.Networks;

/// <summary>POST /networks/{id}/connect</summary>
internal sealed record NetworkConnectJson(string? Container, EndpointWishJson? EndpointConfig);

/// <summary>POST /networks/{id}/disconnect. Force is for a container that is not there: here it is found, or is not connected.</summary>
internal sealed record NetworkDisconnectJson(string? Container, bool Force);
