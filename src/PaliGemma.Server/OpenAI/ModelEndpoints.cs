using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace PaliGemma.Server.OpenAI;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/NAME</c>.</summary>
internal static class ModelEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/models", (ModelCatalog models) => TypedResults.Json(
                new ModelList("list", [.. models.Models.Select(Record)]), ServerJson.Readable.ModelList))
            .WithTags("OpenAI")
            .WithSummary("List the models")
            .Produces<ModelList>();
        // Names of models have slashes.
        group.MapGet("/models/{**name}", (string name, ModelCatalog models) => TypedResults.Json(
                Record(models.Find(name)), ServerJson.Readable.ModelRecord))
            .WithTags("OpenAI")
            .WithSummary("Tell of a model")
            .Produces<ModelRecord>();
    }

    private static ModelRecord Record(ServedModel model) => new(model.Name, "model", model.Loaded.ToUnixTimeSeconds(), "paligemma");
}
