namespace Skein.Api.Containers;

/// <summary>POST /containers/ID/wait</summary>
internal sealed record WaitJson(int StatusCode);
