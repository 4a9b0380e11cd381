using Skein.Agent.Containerd.LeasesApi;
using Skein.HostTests.Containers;
using Xunit;

namespace Skein.HostTests.Images;

public class FullDiskTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Theory]
    [InlineData(0)]          // nothing fits
    [InlineData(1_500_000)]  // the layer comes, but does not unpack
    public async Task An_image_that_does_not_fit_leaves_its_reason_and_no_part_of_itself(int leave)
    {
        var bed = new ImageBed();
        try
        {
            await bed.InitializeAsync();
            using var disk = new SmallDisk(Path.Combine(bed.Containerd.Folder, "root"), "16m");
            await bed.Containerd.RestartAsync();
            var image = TestImage.Make("large", docker: true);
            await bed.Registry.PushAsync("library/large", "latest", image);
            using var store = bed.NewStore();

            disk.Fill(leave);
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => store.PullAsync("large", null, null, Soon));
            Assert.Contains("no space left on device", refused.Message);
            disk.Free();
            await bed.CollectGarbageAsync();
            Assert.Empty((await bed.Containerd.Client.Leases.ListAsync(new ListRequest())).Leases);
            Assert.Empty(Directory.GetFiles(bed.Containerd.Folder + "/root/io.containerd.content.v1.content", "*", SearchOption.AllDirectories));

            Assert.Equal(image.Id, (await store.PullAsync("large", null, null, Soon)).Id);
        }
        finally
        {
            await bed.DisposeAsync();
        }
    }
}
