using Google.Protobuf;
using Skein.Manager.Control;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;
using static Skein.Tests.Control.ControlWorld;

namespace Skein.Tests.Control;

/// <summary>Secrets and configs; the sentences are dockerd's own.</summary>
public class DependencyVerbsTests
{
    private readonly ControlWorld _world = new();

    [Theory]
    [InlineData("", 1, "name must be provided")]
    [InlineData("-x", 1, "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]")]
    [InlineData("x.", 1, "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]")]
    [InlineData("a\n", 1, "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1, "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]")]
    [InlineData("key", 0, "secret data must be larger than 0 and less than 512000 bytes")]
    [InlineData("key", 500 * 1024, "secret data must be larger than 0 and less than 512000 bytes")]
    public async Task A_secret_is_checked(string name, int bytes, string why) =>
        Assert.Equal($"rpc error: code = InvalidArgument desc = {why}", await MessageOf(() => CreateAsync(ObjectKind.Secret, name, bytes), ErrorKind.InvalidArgument));

    [Fact]
    public async Task The_largest_are_taken()
    {
        await CreateAsync(ObjectKind.Secret, "key", 500 * 1024 - 1);
        await CreateAsync(ObjectKind.Config, "site", 1000 * 1024 - 1);
        Assert.Equal(
            "rpc error: code = InvalidArgument desc = config data must be larger than 0 and less than 1024000 bytes",
            await MessageOf(() => CreateAsync(ObjectKind.Config, "more", 1000 * 1024), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task A_name_is_of_one_secret_and_of_one_config()
    {
        await CreateAsync(ObjectKind.Secret, "one");
        Assert.Equal("rpc error: code = AlreadyExists desc = secret One already exists", await MessageOf(() => CreateAsync(ObjectKind.Secret, "One"), ErrorKind.Conflict));
        await CreateAsync(ObjectKind.Config, "one");
    }

    [Fact]
    public async Task Only_labels_change()
    {
        var secret = await CreateAsync(ObjectKind.Secret, "key", 9);
        var spec = secret.Spec.Clone();
        spec.Annotations.Labels["tier"] = "gold";
        spec.Data = ByteString.Empty;   // who has read it has not seen this
        var updated = await _world.Control.UpdateAsync(ObjectKind.Secret, "key", secret.Meta!.Version, spec, default);
        Assert.Equal(("gold", 9), (updated.Spec.Annotations.Labels["tier"], updated.Spec.Data.Length));
        Assert.Equal(
            "rpc error: code = Unknown desc = update out of sequence",
            await MessageOf(() => _world.Control.UpdateAsync(ObjectKind.Secret, "key", secret.Meta.Version, spec, default), ErrorKind.Internal));
        foreach (var change in (Action<DependencySpec>[])[s => s.Annotations.Name = "other", s => s.Data = ByteString.CopyFromUtf8("other"), s => s.TemplateDriver = "golang"])
        {
            var other = updated.Spec.Clone();
            change(other);
            Assert.Equal(
                "rpc error: code = InvalidArgument desc = only updates to Labels are allowed",
                await MessageOf(() => _world.Control.UpdateAsync(ObjectKind.Secret, "key", updated.Meta!.Version, other, default), ErrorKind.InvalidArgument));
        }
    }

    [Fact]
    public async Task What_a_service_refers_to_is_there_and_stays()
    {
        var config = await CreateAsync(ObjectKind.Config, "site");
        var spec = Httpd();
        spec.Task.Container.Configs.Add(new DependencyReference { Id = config.Id, Name = "site", Target = "/etc/site" });
        await _world.Control.CreateServiceAsync(spec, default);
        Assert.Equal(
            "rpc error: code = InvalidArgument desc = config 'site' is in use by the following service: httpd",
            await MessageOf(() => _world.Control.RemoveAsync(ObjectKind.Config, "site", default), ErrorKind.InvalidArgument));
        await _world.Control.RemoveServiceAsync("httpd", default);
        await _world.Control.RemoveAsync(ObjectKind.Config, "site", default);
        Assert.Equal("config site not found", await MessageOf(() => _world.Control.RemoveAsync(ObjectKind.Config, "site", default), ErrorKind.NotFound));
        Assert.Equal(
            "rpc error: code = InvalidArgument desc = config not found: site",
            await MessageOf(() => _world.Control.CreateServiceAsync(spec, default), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task A_rollback_to_what_is_gone_is_refused()
    {
        var secret = await CreateAsync(ObjectKind.Secret, "key");
        var with = Httpd();
        with.Task.Container.Secrets.Add(new DependencyReference { Id = secret.Id, Name = "key", Target = "key" });
        await _world.Control.CreateServiceAsync(with, default);
        var service = _world.Store.Current.Services.All.Single();
        service = await _world.Control.UpdateServiceAsync(service.Id, service.Meta.Version, Httpd(), RegistryAuthSource.Spec, rollback: false, default);
        await _world.Control.RemoveAsync(ObjectKind.Secret, "key", default);
        Assert.Equal(
            "rpc error: code = InvalidArgument desc = secret not found: key",
            await MessageOf(() => _world.Control.UpdateServiceAsync(service.Id, service.Meta.Version, new(), RegistryAuthSource.Spec, rollback: true, default), ErrorKind.InvalidArgument));
    }

    [Theory]
    [InlineData("", "key", "f", "", 0, "malformed secret reference")]
    [InlineData("id", "", "f", "", 0, "malformed secret reference")]
    [InlineData("id", "key", "", "", 0, "malformed file secret reference, invalid target file name provided")]
    [InlineData("id", "key", "f", "root", 0, "secret reference 'key': the UID \"root\" must be a number")]
    [InlineData("id", "key", "f", "4294967295", 0, "secret reference 'key': the UID \"4294967295\" must be a number")]
    [InlineData("id", "key", "f", "0", 2541, "secret reference 'key': the mode 04755 must be permission bits, at most 0777")]
    public async Task A_reference_is_checked(string id, string name, string target, string uid, uint mode, string why)
    {
        var spec = Httpd();
        spec.Task.Container.Secrets.Add(new DependencyReference { Id = id, Name = name, Target = target, Uid = uid, Mode = mode });
        Assert.Equal($"rpc error: code = InvalidArgument desc = {why}", await MessageOf(() => _world.Control.CreateServiceAsync(spec, default), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task Two_references_have_two_targets()
    {
        var spec = Httpd();
        spec.Task.Container.Configs.Add(new DependencyReference { Id = "a", Name = "one", Target = "f" });
        spec.Task.Container.Configs.Add(new DependencyReference { Id = "b", Name = "two", Target = "f" });
        Assert.Equal(
            "rpc error: code = InvalidArgument desc = config references 'one' and 'two' have a conflicting target: 'f'",
            await MessageOf(() => _world.Control.CreateServiceAsync(spec, default), ErrorKind.InvalidArgument));
    }

    private Task<T> CreateAsync<T>(ObjectKind<T> kind, string name, int bytes = 1) where T : class, IDependency, IMessage<T>, new() =>
        _world.Control.CreateAsync(kind, new() { Annotations = new() { Name = name }, Data = ByteString.CopyFrom(new byte[bytes]) }, default);
}
