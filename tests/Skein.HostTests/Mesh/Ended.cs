namespace Skein.HostTests.Mesh;

internal static class Ended
{
    public static async Task ByCancellationAsync(Task task)
    {
        try
        {
            await task.WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
    }
}
