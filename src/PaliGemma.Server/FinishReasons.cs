using PaliGemma.Generation;

namespace PaliGemma.Server;

/// <summary>The words of OpenAI's API for why an answer ended.</summary>
internal static class FinishReasons
{
    public static string NameOf(FinishReason reason) => reason == FinishReason.Stop ? "stop" : "length";
}
