using Grpc.Core;
using Skein.Manager.Store;
using Xunit;

namespace Skein.Tests.Store;

public class EtcdClientTests
{
    [Theory]
    [InlineData(StatusCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded", true)]
    [InlineData(StatusCode.ResourceExhausted, "etcdserver: too many requests", true)]
    [InlineData(StatusCode.ResourceExhausted, "grpc: received message larger than max (34000000 vs. 33554432)", false)]
    [InlineData(StatusCode.InvalidArgument, "etcdserver: request is too large", false)]
    [InlineData(StatusCode.Unavailable, "etcdserver: no leader", true)]
    public void What_passes_by_itself_is_tried_again_and_what_is_too_large_is_not(StatusCode code, string detail, bool passes) =>
        Assert.Equal(passes, EtcdClient.IsTransient(new(new(code, detail))));
}
