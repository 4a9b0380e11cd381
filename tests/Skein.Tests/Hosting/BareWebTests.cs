using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Xunit;

namespace Skein.Tests.Hosting;

public class BareWebTests
{
    [Fact]
    public async Task It_reads_and_watches_no_file_and_no_environment()
    {
        var builder = BareWeb.Create(NullLoggerFactory.Instance, TimeSpan.Zero, _ => { });
        await using var app = builder.Build();
        Assert.DoesNotContain(((IConfigurationRoot)app.Configuration).Providers, provider => provider is FileConfigurationProvider or EnvironmentVariablesConfigurationProvider);
    }
}
