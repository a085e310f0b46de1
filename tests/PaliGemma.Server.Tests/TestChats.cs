using System.Text.Json.Nodes;

namespace PaliGemma.Server.Tests;

/// <summary>Bodies of OpenAI's API.</summary>
internal static class TestChats
{
    /// <summary>Asks for the caption of the test's picture.</summary>
    public static JsonObject Caption() => new()
    {
        ["model"] = RunningServer.ModelName,
        ["max_tokens"] = 10,
        ["messages"] = new JsonArray(new JsonObject
        {
            ["role"] = "user",
            ["content"] = new JsonArray(
                new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = TestPictures.Url } },
                new JsonObject { ["type"] = "text", ["text"] = "caption en" }),
        }),
    };
}
