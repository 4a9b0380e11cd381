using Skein.Agent.Images.Content;
using Xunit;

namespace Skein.Tests.Images;

public class DownloadSlotsTests
{
    [Fact]
    public async Task A_registry_that_never_ends_holds_its_own_and_no_other_s()
    {
        var slots = new DownloadSlots();
        var held = await slots.TakeAsync("slow.example", Poll.Soon);
        for (var i = 1; i < DownloadSlots.OfOrigin; i++) await slots.TakeAsync("slow.example", Poll.Soon);
        var waiting = slots.TakeAsync("slow.example", Poll.Soon);
        Assert.False(waiting.IsCompleted);
        Assert.True(slots.TakeAsync("docker.io", Poll.Soon).IsCompletedSuccessfully);
        held.Dispose();
        await waiting;
    }
}
