namespace Skein.HostTests.Mesh;

internal static class Ended
{
    public static async Task ByCancellationAsync(Task task)
    {
        try
        {
            await task.WaitAsync(Poll.Patience);
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
    }
}
