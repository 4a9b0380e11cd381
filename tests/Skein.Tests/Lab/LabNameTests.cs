using Skein.Lab;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Lab;

public class LabNameTests
{
    [Theory]
    [InlineData(null, "skein-lab")]
    [InlineData("", "skein-lab")]
    [InlineData("x", "skein-lab-x")]
    [InlineData("test-7", "skein-lab-test-7")]
    public void A_lab_is_called_by_its_name(string? name, string label) => Assert.Equal(label, LabName.Parse(name).ToString());

    [Theory]
    [InlineData("Upper")]
    [InlineData("../up")]
    [InlineData("a.b")]
    [InlineData("-x")]
    [InlineData("a23456789012345678901234x")]
    public void What_could_not_be_a_folder_or_a_namespace_is_refused(string name)
    {
        var error = Assert.Throws<SkeinException>(() => LabName.Parse(name));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_labs_share_no_path()
    {
        var one = new LabHost(new LabPaths(LabName.Default), 1);
        var other = new LabHost(new LabPaths(LabName.Parse("h1")), 1);
        Assert.Equal("/run/skein-lab/h1/docker.sock", one.DockerSocket);
        Assert.Equal("/run/skein-lab-h1/h1/docker.sock", other.DockerSocket);
        Assert.NotEqual(one.Disk, other.Disk);
        Assert.NotEqual(one.NetworkNamespace, new LabPaths(LabName.Parse("h1")).LanNamespace);
    }

    [Theory]
    [InlineData("h1", "192.168.56.11", "02:5c:c0:a8:38:0b")]
    [InlineData("h20", "192.168.56.30", "02:5c:c0:a8:38:1e")]
    public void A_host_has_its_addresses_by_its_number(string name, string address, string mac)
    {
        var host = LabHost.Parse(new LabPaths(LabName.Default), name);
        Assert.Equal(address, host.Address);
        Assert.Equal(mac, host.MacAddress);
    }

    [Theory]
    [InlineData("h0")]
    [InlineData("h201")]
    [InlineData("h")]
    [InlineData("h-1")]
    [InlineData("web")]
    public void What_is_no_host_is_refused(string name) =>
        Assert.Throws<SkeinException>(() => LabHost.Parse(new LabPaths(LabName.Default), name));
}
