using System.Globalization;
using Grpc.Core;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.LeasesApi;

namespace Skein.Agent.Images.Content;

/// <summary>
/// The leases of containerd that keep an image's parts from garbage collection until a name holds them. One of a try that
/// failed stays for a day: the next try finds there what had come. Several installing one name share its lease.
/// </summary>
internal sealed class InstallLeases(ContainerdClient containerd, TimeProvider time)
{
    // containerd's own, for a client's work.
    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    // A lease is not made by one while another deletes it.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, int> _users = [];

    /// <returns>The lease's id.</returns>
    public async Task<string> BeginAsync(string name, CancellationToken cancel)
    {
        var request = new CreateRequest { Id = $"skein-install {name}" };
        request.Labels["containerd.io/gc.expire"] = (time.GetUtcNow() + Life).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        await _turn.WaitAsync(cancel);
        try
        {
            await containerd.Leases.CreateAsync(request, cancellationToken: cancel);
            _users[request.Id] = 1;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.AlreadyExists)
        {
            // Of a try that failed, or one under way: what it holds is what this one goes on from.
            _users[request.Id] = _users.GetValueOrDefault(request.Id) + 1;
        }
        finally
        {
            _turn.Release();
        }
        return request.Id;
    }

    /// <summary>
    /// Holds what is here or will come. Who wants to use what is here holds it first and looks then: between a look and a
    /// hold it could be collected.
    /// </summary>
    public async Task HoldAsync(string lease, string type, string id, CancellationToken cancel) =>
        await containerd.Leases.AddResourceAsync(
            new AddResourceRequest { Id = lease, Resource = new Resource { Id = id, Type = type } }, cancellationToken: cancel);

    /// <param name="release">false lets what came wait for the next try.</param>
    public async Task EndAsync(string lease, bool release)
    {
        await _turn.WaitAsync();
        try
        {
            if (--_users[lease] > 0) return;
            _users.Remove(lease);
            if (release) await containerd.Leases.DeleteAsync(new DeleteRequest { Id = lease });
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            // Expired while a slow registry was read.
        }
        catch (RpcException error) when (error.Status.Detail.Contains("no space left on device", StringComparison.Ordinal))
        {
            // The failure at hand is told; the lease ends by itself.
        }
        finally
        {
            _turn.Release();
        }
    }
}
