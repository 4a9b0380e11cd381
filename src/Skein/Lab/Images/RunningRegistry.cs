using System.Diagnostics;

namespace Skein.Lab.Images;

/// <summary>A registry that lives as long as images are put into it.</summary>
internal sealed class RunningRegistry(Process process, Uri address) : IAsyncDisposable
{
    public Uri Address { get; } = address;

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
