using System.Runtime.CompilerServices;

namespace PaliGemma.Cli.Tests;

/// <summary>What somebody pulled on this machine is not there for tests: what they say would depend on it.</summary>
internal static class NothingPulled
{
    [ModuleInitializer]
    internal static void HideCache()
    {
        Environment.SetEnvironmentVariable("HF_HOME", Path.Combine(Path.GetTempPath(), $"paligemma-no-cache-{Guid.NewGuid():N}"));
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", null);
        Environment.SetEnvironmentVariable("HF_ASSETS_CACHE", null);
    }
}
