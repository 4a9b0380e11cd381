namespace Skein.Api.Containers;

/// <summary>GET /containers/ID/top</summary>
internal sealed record TopJson(IReadOnlyList<string> Titles, IReadOnlyList<IReadOnlyList<string>> Processes);
