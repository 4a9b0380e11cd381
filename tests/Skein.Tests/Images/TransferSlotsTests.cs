using Skein.Agent.Images.Content;
using Xunit;

namespace Skein.Tests.Images;

public class TransferSlotsTests
{
    [Fact]
    public async Task A_registry_that_never_ends_holds_its_own_and_no_other_s()
    {
        var slots = new TransferSlots(3);
        var held = await slots.TakeAsync("slow.example", Poll.Soon);
        for (var i = 1; i < 3; i++) await slots.TakeAsync("slow.example", Poll.Soon);
        var waiting = slots.TakeAsync("slow.example", Poll.Soon);
        Assert.False(waiting.IsCompleted);
        Assert.True(slots.TakeAsync("docker.io", Poll.Soon).IsCompletedSuccessfully);
        held.Dispose();
        await waiting;
    }
}
