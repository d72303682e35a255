// Written by test/make_contract_data.py: change that file, not this one.
import type { ContractPicture } from "./pictures.js";

/** Small pictures in base64, with the SHA-256 of the RGB bytes that Pillow gives. */
export const PICTURES: readonly ContractPicture[] = [
  {
    name: "RGB PNG",
    base64:
      "iVBORw0KGgoAAAANSUhEUgAAACUAAAAaCAIAAAC/0AIsAAAApklEQVR4nL2R3QrAIAhGtb+x93/hXQw+pCg0LTjIgbUkDhPRw/co9BIx4NOOfXxnyvex+HbK/318jbEfSCdc9utOHJljP6xMQsJ87JeOsu4HcpTP+nWnw+a6H1ZmIS5f98vh6PuB4nFNv+5P19T3w8oixOz6fiWEvX6gWt3ar7vFPPf6YWUVovK9fnUbfz/QNO7p192omv5+WNmETN3fr5mI7QeemX8+6A7OlBS48gAAAABJRU5ErkJggg==",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
    ],
  },
  {
    name: "RGBA PNG",
    base64:
      "iVBORw0KGgoAAAANSUhEUgAAACUAAAAaCAYAAAAwspV7AAAA5UlEQVR4nM2VwQ6EMAhEQYtmw///717WLJJigbbqYQJj0U70qQgAsCPQm1TgAwwI9BfS016EQnpLVXcK1dAz/hcK6U0ymJJabveKqdrw/dVgSgZbVD/fG0wtT4qdTEmtszwfvsFU7eThlfVxJ1My2Kr6tGdr3cnUOkrsmUsyJVU8niPzQaZqF7us7Jw71SRTMlhRvQxjrl/6JFPFEl+suTWCKRWEqNf3MGWE6a8Zpth+jKQ2yfkIU44wY+RhimPQ6022sLeY4vgbaIWJV80U930aasE21bf9wdSkMDkN+vdFAu5N/wU6BCKPqsLcxQAAAABJRU5ErkJggg==",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "fcc6ebb9e8aa1eae5def9a1bf2635eb4701115ad11c0b42e1d2ca817d2430eeb",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "fcc6ebb9e8aa1eae5def9a1bf2635eb4701115ad11c0b42e1d2ca817d2430eeb",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
    ],
  },
  {
    name: "grey PNG with alpha",
    base64:
      "iVBORw0KGgoAAAANSUhEUgAAACUAAAAaCAQAAACau13wAAAA0klEQVR4nJ2QSRKFMAhE1UA2nNX7b/9CkwpDQ75llWFoXuicx9H44sbRH3ei/8mSA+orxkldsnY+rE9iwYIKrCv0GMxEu9FErU0U54rlraqBLJtv5WVRpcoXg0iyWZXA4B5k9IgvbvLXVvCb8wHqC8ag6DPkne/lVu4KMOEMot0Ib6NRHhAgJVc5gxRn4YVWGz77EguoO5AzqCLJADYiFt8kZwlodKVLjLEj9akMaowW5ygaz/6mFhrCcG0YFNtCgwj7GHQYNJRXp8FIjDEjupf4B7D1ICoUCY28AAAAAElFTkSuQmCC",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "c454706399dd32627fda34424e52f6b6d89571966b816015e96d4d4b1129bc41",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "87be810f2f3a8c8b48c419f9af9eafd3fbbde4a84db3140e3adcfdbf69f8aadf",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "c454706399dd32627fda34424e52f6b6d89571966b816015e96d4d4b1129bc41",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "87be810f2f3a8c8b48c419f9af9eafd3fbbde4a84db3140e3adcfdbf69f8aadf",
      },
    ],
  },
  {
    name: "palette PNG with transparency",
    base64:
      "iVBORw0KGgoAAAANSUhEUgAAACUAAAAaBAMAAADCnIhIAAAAJFBMVEXD7qK/zofdoHCen1VD0zU/nCTZZTyTZS65PBe2Hho4YRM1IgXNvwiFAAAABXRSTlMAKIDI/2j5KCsAAACvSURBVHichZGxDsIwDERfq4gV+AM+jf/rgljpwIegNhtjMlMRMzg2aRnIFF3ufOdLd6OeyS7PwPpIBseKIQ1mACX2zpsNwrG70ko0rWRA0pESdZ5k4A2Q9hEgpDaJjuz5h6nbdg9Gz7xcTzBWvwCwXCoD320AeESXh0oiAohiw6/xOsucbB5AAiiQQJoOtAAkByMdstqkby+qtMy1mI5oz713NbmizWJDtv+2O/P6AFl8Ur2mH6dQAAAAAElFTkSuQmCC",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "d08fdc91ca06ad2e2f0a11338915d0b19a82876268ded8e0e7413df922ebb579",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "d08fdc91ca06ad2e2f0a11338915d0b19a82876268ded8e0e7413df922ebb579",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
    ],
  },
  {
    name: "JPEG 4:2:0",
    base64:
      "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAUDBAQEAwUEBAQFBQUGBwwIBwcHBw8LCwkMEQ8SEhEPERETFhwXExQaFRERGCEYGh0dHx8fExciJCIeJBweHx7/2wBDAQUFBQcGBw4ICA4eFBEUHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh7/wAARCAAaACUDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD5f07R+nyV0mnaL0+Suh03R+nyV0+m6L0+T9K+UqY/2nU5cqz21tTmtO0Tp8ldJp2h9Pkrp9N0TOPkrp9N0Tp8n6VwVPfP0vKs/tbU5G10L939z9KK9RtNC/dfcorleFufb0+IfdWp5bpej9PkrqtL0Xp8lSaUq8fKPyrrNKVePlH5V5OGxM5bn8RZZmNXQg0vROnyV1Ol6H0+T9Ks6Uq8fKPyrR8USSW3gbXbm3keGaLTLh45IztZGETEEEcgg85r6LBx9pJRfU/RsozCrKUY33LlnoX7r7n6UV8xWXjLxf5X/I1a7/4MJf8A4qivt48NRt/E/D/gn61Tyytyr97+H/BP/9k=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "d2fabfc1b4e45ff91825a11ead96e36320ab45a21f9e77e4b335e0cd3c6e5004",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "d2fabfc1b4e45ff91825a11ead96e36320ab45a21f9e77e4b335e0cd3c6e5004",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "d2fabfc1b4e45ff91825a11ead96e36320ab45a21f9e77e4b335e0cd3c6e5004",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "d2fabfc1b4e45ff91825a11ead96e36320ab45a21f9e77e4b335e0cd3c6e5004",
      },
    ],
  },
  {
    name: "grey JPEG",
    base64:
      "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAUDBAQEAwUEBAQFBQUGBwwIBwcHBw8LCwkMEQ8SEhEPERETFhwXExQaFRERGCEYGh0dHx8fExciJCIeJBweHx7/wAALCAAaACUBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APl/TtH6fJXSadovT5K6PTtE6fJXSadofT5K6C10L939z9K8503R+nyV0+m6L0+T9K6bTdEzj5K6fTdE6fJ+ldHaaF+6+5Xlul6P0+Suq0vRenyV1Ol6J0+Sup0vQ+nyfpXTWehfuvufpXhelKvHyj8q6zSlXj5R+VdXpSrx8o/KtHxRJJbeBtdubeR4ZotMuHjkjO1kYRMQQRyCDzmvm6y8ZeL/ACv+Rq13/wAGEv8A8VX/2Q==",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "a740ed1c381baa6f7c9d3f0d8c0a046dd1dc660bf05dbd34661f14cb1c55f196",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "a740ed1c381baa6f7c9d3f0d8c0a046dd1dc660bf05dbd34661f14cb1c55f196",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "a740ed1c381baa6f7c9d3f0d8c0a046dd1dc660bf05dbd34661f14cb1c55f196",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "a740ed1c381baa6f7c9d3f0d8c0a046dd1dc660bf05dbd34661f14cb1c55f196",
      },
    ],
  },
  {
    name: "JPEG with EXIF orientation 3",
    base64:
      "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAMAAAAAAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAaACUDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD56stL6fLW9ZaV0+Wtux0vp8tdBY6V0+WvAni+cwwGabamDZaV0+Wt6y0np8tdDY6V0+WugsdJ6fLXLP3z7XAZttqczb6R8n3aK9Dt9I+T7tFc/sD6iGb+6tTzuw0vp8tdFYaX0+WpNPA44FdLp6jjgV59GtJ7n8w4HGT0IbDSuny10VhpPT5asaeo44FXtekeDwprM0DtHLHZTOjocMrCMkEEdDXs4Zc7SfU+yy/GVJSUe5attI/d/dor58tvFGv+X/yHNV/8C5P8aK+nWSK3x/h/wT9Ahgall+8/D/gn/9k=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "85b4eea882ea442978a2b50383c126bd558aed4f8e2d5284bbda26fcb279e807",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "85b4eea882ea442978a2b50383c126bd558aed4f8e2d5284bbda26fcb279e807",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "36e2e1e985e4236209c297121251d4907425fc953b7a9e4fa9bf8c211d39c35d",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "36e2e1e985e4236209c297121251d4907425fc953b7a9e4fa9bf8c211d39c35d",
      },
    ],
  },
  {
    name: "JPEG with EXIF orientation 6",
    base64:
      "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAaACUDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD56stL6fLW9ZaV0+Wtux0vp8tdBY6V0+WvAni+cwwGabamDZaV0+Wt6y0np8tdDY6V0+WugsdJ6fLXLP3z7XAZttqczb6R8n3aK9Dt9I+T7tFc/sD6iGb+6tTzuw0vp8tdFYaX0+WpNPA44FdLp6jjgV59GtJ7n8w4HGT0IbDSuny10VhpPT5asaeo44FXtekeDwprM0DtHLHZTOjocMrCMkEEdDXs4Zc7SfU+yy/GVJSUe5attI/d/dor58tvFGv+X/yHNV/8C5P8aK+nWSK3x/h/wT9Ahgall+8/D/gn/9k=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 26,
        height: 37,
        sha256: "1e356a8d336ea2365d5f7749620fd64fe113565bb6110241739f03dddf0adfe0",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 26,
        height: 37,
        sha256: "1e356a8d336ea2365d5f7749620fd64fe113565bb6110241739f03dddf0adfe0",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "36e2e1e985e4236209c297121251d4907425fc953b7a9e4fa9bf8c211d39c35d",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "36e2e1e985e4236209c297121251d4907425fc953b7a9e4fa9bf8c211d39c35d",
      },
    ],
  },
  {
    name: "JPEG with EXIF orientation 7",
    base64:
      "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAcAAAAAAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAaACUDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD56stL6fLW9ZaV0+Wtux0vp8tdBY6V0+WvAni+cwwGabamDZaV0+Wt6y0np8tdDY6V0+WugsdJ6fLXLP3z7XAZttqczb6R8n3aK9Dt9I+T7tFc/sD6iGb+6tTzuw0vp8tdFYaX0+WpNPA44FdLp6jjgV59GtJ7n8w4HGT0IbDSuny10VhpPT5asaeo44FXtekeDwprM0DtHLHZTOjocMrCMkEEdDXs4Zc7SfU+yy/GVJSUe5attI/d/dor58tvFGv+X/yHNV/8C5P8aK+nWSK3x/h/wT9Ahgall+8/D/gn/9k=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 26,
        height: 37,
        sha256: "58cc5afaefa2df988c3da3a250e9becd892c5733ef1160a72f790fd632ce4c88",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 26,
        height: 37,
        sha256: "58cc5afaefa2df988c3da3a250e9becd892c5733ef1160a72f790fd632ce4c88",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "36e2e1e985e4236209c297121251d4907425fc953b7a9e4fa9bf8c211d39c35d",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "36e2e1e985e4236209c297121251d4907425fc953b7a9e4fa9bf8c211d39c35d",
      },
    ],
  },
  {
    name: "lossy WebP",
    base64:
      "UklGRsYAAABXRUJQVlA4ILoAAAAwBgCdASolABoAPmUmj0WkIiEarf4AQAZEtQBOmWN5v9L3rYyxA3AtlxCIRjZCSPyDGF3MTMPNhtQAAP7+dvwQkThmcIEiynoecTbLm60pqwF/e5ve72oRgDKmFon+2Pq8jFcybFV8ZNi0TVPKCmaHBwo+5bmh6SU1AlW9KH57MNnT4FcAG5Ngibu6IRX/DX/+lzJijws0QS1AlCvboS8L0JXrsYHKL1/0/zlhbKvm6Dq3AozMGqkAAAA=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "08410dbb71bdbbf55475a3a0ae4bead7d9a96333190fdedb362457a717e365b2",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "08410dbb71bdbbf55475a3a0ae4bead7d9a96333190fdedb362457a717e365b2",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "08410dbb71bdbbf55475a3a0ae4bead7d9a96333190fdedb362457a717e365b2",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "08410dbb71bdbbf55475a3a0ae4bead7d9a96333190fdedb362457a717e365b2",
      },
    ],
  },
  {
    name: "lossy WebP with alpha",
    base64:
      "UklGRgIBAABXRUJQVlA4WAoAAAAQAAAAJAAAGQAAQUxQSBkAAAABuYzof0Bp20ZQX9T9lz56JGICJgDr5PwmAFZQOCDCAAAAkAYAnQEqJQAaAD5pLI9FpCKhmAVUQAaEtQBOmUI4G8Q8wSTnF7AUf/vg3FNkmnHMjmVS5Lzx6872j8vk8AD+/hyfYCzvXGSOI/Lob4mrQ13Y0FPt2AZuvXjw7YbrcFdlbhM/wrIrNchWLIhk6qt7mSO4AoeZiDjGCHVSCajUJkWkJxmDPnbPRBIAph30TB0m5fK3W/1vo082/xi/5mC1IdxPT+7i+cEygwF14CJwOgU2Pj/8mKGiyHikuVJFyC6gAAA=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "4fcde575ab2bd5dd998870c560fb2140965a7f9cdac902eb4e36f58605adb68c",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "e91b56b3ef5775749da48e005b3c93236383336dcbec30f388ea3c4643e681d7",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "4fcde575ab2bd5dd998870c560fb2140965a7f9cdac902eb4e36f58605adb68c",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "e91b56b3ef5775749da48e005b3c93236383336dcbec30f388ea3c4643e681d7",
      },
    ],
  },
  {
    name: "GIF",
    base64:
      "R0lGODdhJQAaAIMAAMPuor/Oh92gcJ6fVUPTNT+cJNllPJNlLrk8F7YeGjhhEzUiBQAAAAAAAAAAAAAAACwAAAAAJQAaAEAI7AAXCBxIsODABAgTKlyYEIGChxAjSjxAsaJFigYyatxYoKPHjyALDBhJsuQAAShTqiTAsqXLly0DyJQJoKbNmzcN6iRIEYHPn0CBbpRI9GHHixRNjlSpMmRHmC1Nzpw6E+fOqwwVBg16VeBEpAeCbhxatChYi2PHCiDq9KNSk0ybtgXJ8u1IqngDPIXK9y5enFa76szKcKtgg1q3Ks54mKdFxT/TFiz78GxFBGnJUo5oGWNmjZu/Wk7LlLJTi3bjpoQ4163dpapRtg75esBU1bNfvs1LtSZdvlFJ8gZcEzjwvMRxGudbNTmAtAEBADs=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
    ],
  },
  {
    name: "animated GIF",
    base64:
      "R0lGODdhJQAaAIMAAMPuor/Oh92gcJ6fVUPTNT+cJNllPJNlLrk8F7YeGjhhEzUiBQAAAAAAAAAAAAAAACwAAAAAJQAaAAAI7QAXCBxIsODABAgTKlyYEIHBhwUZSkRAsSLEixIbVtxI8SJEhRxDVjRgwOPDAwdEiiRJ0mRBlDBVUmTJ0qSCmzdh6ky5kSbNgjiD4txJFIFPn0KTBiVK9ChNpVCZ6nT6FGpSqTCpkhRg9SrWA0cFiBXbFWeBAkwHqF07YKxbrlDPyj2rky3bt26Tzt171q5fvGPN8uXr1y7gsYMTFyh897AAxYMZqw1AOQBgyHMJEJBcubNnzJpDF/ZMOgAAAIlDq9Zst3Tl07D3rp69ea1r2LhRF6DNu3bp3Ll79/4NPLhw2p6LFz+OnLLy00cDAgAh+QQBAAAMACwAAAAAJQAaAIPD7qK/zofdoHCen1VD0zU/nCTZZTyTZS65PBe2Hho4YRM1IgUAAAAAAAAAAAAAAAAI8gANCBwIoKDBgwESEljIsKFDhgcjRkxI8aFFhxIlUtx4sSOBjAY3UhwwwOPDAgVAihxJsqRJlDAnrmTZsiPMmykBzBTZsqdDnEB3buxJdCHQowUEKF0qYCjRnkiRMp0q4CnRqEepMrUKFStKBWC1KuXa0ivYswrEVrXKoC2Do2jjirV6wC2DAwe+xt2blunAgXgDC8bLt7CAv4gNDF5cmG9ixIsHN977GHBkwZPjVhaI4HLgyQtCh66MoHTpy3FFq1ad2LRr04NXy17997Vt2Adm6x5t4PbtBMAT7Nbtu3Tw48GHz7aNvDlw5cudS08OfXVAADs=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "afeb7c3a2b51eaa70f39421d31343b5266057025baf5f677ff8e1f810157fd97",
      },
    ],
  },
  {
    name: "BMP",
    base64:
      "Qk2WCwAAAAAAADYAAAAoAAAAJQAAABoAAAABABgAAAAAAGALAADEDgAAxA4AAAAAAAAAAAAAAOEABuIHDOMOEuQVGeUcH+YjJecqK+gxMuk4OOo/PutGROxNS+1UUe5bV+9iXfBpZPFwavJ3cPN+dvSFffWMg/aTifeaj/ihlvmonPqvovu2qPy9r/3Etf7Lu//SwQDZyAHgzgLn1APu2gT14QX8AADYAAbZBwzaDhLbFRjcHB7dIyTeKirfMTDgODbhPzziRkLjTUjkVE7lW1TmYlrnaWDocGbpd2zqfnLrhXjsjH7tk4TumorvoZDwqJbxr5zytqLzvaj0xK71y7T20rr32cD44Mb558z67tL79dj8/AAAzwAF0AcL0Q4R0hUX0xwc1CMi1Soo1jEu1zgz2D852UY/2k1F21RK3FtQ3WJW3mlc33Bh4Hdn4X5t4oVz44x45JN+5ZqE5qGK56iP6K+V6bab6r2h68Sm7Mus7dKy7tm47+C98OfD8e7J8vXP8/wAAMYABccHC8gOEMkVFsocG8sjIcwqJs0xLM44Mc8/N9BGPNFNQtJUR9NbTdRiUtVpWNZwXdd3Y9h+aNmFbtqMc9uTedyaft2hhN6oid+vj+C2lOG9muLEn+PLpeTSquXZsObgtefnu+juwOn1xur8AAC9AAW+Bwq/Dg/AFRXBHBrCIx/DKiTEMSrFOC/GPzTHRjnITT/JVETKW0nLYk7MaVTNcFnOd17PfmPQhWnRjG7Sk3PTmnjUoX7VqIPWr4jXto3YvZPZxJjay53b0qLc2ajd4K3e57Lf7rfg9b3h/AAAtAAFtQcKtg4PtxUUuBwZuSMeuiojuzEovDgtvT8yvkY3v008wFRBwVtGwmJLw2lQxHBVxXdaxn5fx4VkyIxpyZNuyppzy6F4zKh9za+CzraHz72M0MSR0cuW0tKb09mg1OCl1eeq1u6v1/W02PwAAKsABKwHCa0ODq4VE68cF7AjHLEqIbIxJrM4KrQ/L7VGNLZNObdUPbhbQrliR7ppTLtwULx3Vb1+Wr6FX7+MY8CTaMGabcKhcsOodsSve8W2gMa9hcfEicjLjsnSk8rZmMvgnMznoc3ups71q8/8AACiAASjBwmkDg2lFRKmHBanIxuoKh+pMSSqOCirPy2sRjGtTTauVDqvWz+wYkOxaUiycEyzd1G0flW1hVq2jF63k2O4mme5oWy6qHC7r3W8tnm9vX6+xIK/y4fA0ovB2ZDC4JTD55nE7p3F9aLG/AAAmQAEmgcImw4MnBURnRwVniMZnyodoDEioTgmoj8qo0YupE0zpVQ3pls7p2I/qGlEqXBIqndMq35QrIVVrYxZrpNdr5phsKFmsahqsq9us7ZytL13tcR7tst/t9KDuNmIueCMuueQu+6UvPWZvfwAAJAABJEHCJIODJMVEJQcFJUjGJYqHJcxIJg4JJk/KJpGLJtNMJxUNJ1bOJ5iPJ9pQKBwRKF3SKJ+TKOFUKSMVKWTWKaaXKehYKioZKmvaKq2bKu9cKzEdK3LeK7SfK/ZgLDghLHniLLujLP1kLT8AACHAAOIBweJDguKFQ+LHBKMIxaNKhqOMR6POCGQPyWRRimSTS2TVDCUWzSVYjiWaTyXcD+Yd0OZfkeahUubjE6ck1KdmlaeoVqfqF2gr2GhtmWivWmjxGyky3Cl0nSm2Xin4Huo53+p7oOq9Yer/AAAfgADfwcHgA4KgRUOghwRgyMVhCoYhTEchjgfhz8jiEYmiU0qilQti1sxjGI0jWk4jnA7j3c/kH5CkYVGkoxJk5NNlJpQlaFUlqhXl69bmLZemb1imsRlm8tpnNJsndlwnuBzn+d3oO56ofV+ovwAAHUAA3YHBncOCXgVDXkcEHojE3sqFnwxGn04HX4/IH9GI4BNJ4FUKoJbLYNiMIRpNIVwN4Z3Ood+PYiFQYmMRIqTR4uaSoyhTo2oUY6vVI+2V5C9W5HEXpLLYZPSZJTZaJXga5bnbpfucZj1dZn8AABsAANtBwZuDglvFQxwHA9xIxJyKhVzMRh0OBt1Px52RiF3TSR4VCd5Wyp6Yi17aTB8cDN9dzZ+fjl/hTyAjD+Bk0KCmkWDoUiEqEuFr06GtlGHvVSIxFeJy1qK0l2L2WCM4GON52aO7mmP9WyQ/AAAYwACZAcFZQ4IZhULZxwNaCMQaSoTajEWazgYbD8bbUYebk0hb1QjcFsmcWIpcmksc3AudHcxdX40doU3d4w5eJM8eZo/eqFCe6hEfK9HfbZKfr1Nf8RPgMtSgdJVgtlYg+BahOddhe5ghvVjh/wAAFoAAlsHBVwOB10VCl4cDF8jD2AqEWExFGI4FmM/GWRGG2VNHmZUIGdbI2hiJWlpKGpwKmt3LWx+L22FMm6MNG+TN3CaOXGhPHKoPnOvQXS2Q3W9RnbESHfLS3jSTXnZUHrgUnvnVXzuV331Wn78AABRAAJSBwRTDgZUFQlVHAtWIw1XKg9YMRJZOBRaPxZbRhhcTRtdVB1eWx9fYiFgaSRhcCZidyhjfipkhS1ljC9mkzFnmjNooTZpqDhqrzprtjxsvT9txEFuy0Nv0kVw2Uhx4Epy50xz7k509VF1/AAASAACSQcESg4GSxUITBwKTSMMTioOTzEQUDgSUT8UUkYWU00YVFQaVVscVmIeV2kgWHAiWXckWn4mW4UoXIwqXZMsXpouX6EwYKgyYa80YrY2Y704ZMQ6Zcs8ZtI+Z9lAaOBCaedEau5Ga/VIbPwAAD8AAUAHA0EOBUIVB0McCEQjCkUqDEYxDkc4D0g/EUlGE0pNFUtUFkxbGE1iGk5pHE9wHVB3H1F+IVKFI1OMJFSTJlWaKFahKleoK1ivLVm2L1q9MVvEMlzLNF3SNl7ZOF/gOWDnO2HuPWL1P2P8AAA2AAE3BwM4DgQ5FQY6HAc7Iwk8Kgo9MQw+OA0/Pw9ARhBBTRJCVBNDWxVEYhZFaRhGcBlHdxtIfhxJhR5KjB9LkyFMmiJNoSROqCVPrydQtihRvSpSxCtTyy1U0i5V2TBW4DFX5zNY7jRZ9TZa/AAALQABLgcCLw4DMBUFMRwGMiMHMyoINDEKNTgLNj8MN0YNOE0POVQQOlsRO2ISPGkUPXAVPncWP34XQIUZQYwaQpMbQ5ocRKEeRagfRq8gR7YhSL0jScQkSsslS9ImTNkoTeApTucqT+4rUPUtUfwAACQAASUHAiYOAycVBCgcBSkjBioqBysxCCw4CS0/Ci5GCy9NDDBUDTFbDjJiDzNpEDRwETV3EjZ+EzeFFDiMFTmTFjqaFzuhGDyoGT2vGj62Gz+9HEDEHUHLHkLSH0PZIETgIUXnIkbuI0f1JEj8AAAbAAAcBwEdDgIeFQMfHAMgIwQhKgUiMQYjOAYkPwclRggmTQknVAkoWwopYgsqaQwrcAwsdw0tfg4uhQ8vjA8wkxAxmhEyoRIzqBI0rxM1thQ2vRU3xBU4yxY50hc62Rg74Bg85xk97ho+9Rs//AAAEgAAEwcBFA4BFRUCFhwCFyMDGCoDGTEEGjgEGz8FHEYFHU0GHlQGH1sHIGIHIWkIInAII3cJJH4JJYUKJowKJ5MLKJoLKaEMKqgMK68NLLYNLb0OLsQOL8sPMNIPMdkQMuAQM+cRNO4RNfUSNvwAAAkAAAoHAAsOAAwVAQ0cAQ4jAQ8qARAxAhE4AhI/AhNGAhRNAxVUAxZbAxdiAxhpBBlwBBp3BBt+BByFBR2MBR6TBR+aBSChBiGoBiKvBiO2BiS9ByXEBybLByfSByjZCCngCCrnCCvuCCz1CS38AAAAAAABBwACDgADFQAEHAAFIwAGKgAHMQAIOAAJPwAKRgALTQAMVAANWwAOYgAPaQAQcAARdwASfgAThQAUjAAVkwAWmgAXoQAYqAAZrwAatgAbvQAcxAAdywAe0gAf2QAg4AAh5wAi7gAj9QAk/AA=",
    expected: [
      {
        alpha: "composite",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
      {
        alpha: "drop",
        exif: "apply",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
      {
        alpha: "composite",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
      {
        alpha: "drop",
        exif: "ignore",
        width: 37,
        height: 26,
        sha256: "fdff7d429022f958a59b89ff060654cc5c5ea4cacecc308cdd5121cdc87e7452",
      },
    ],
  },
];

/** The start of a PNG of 60,000 x 60,000 pixels. */
export const HUGE_PNG: string = "iVBORw0KGgoAAAANSUhEUgAA6mAAAOpgCAIAAAAPsOIVAAAAEUlEQVR4nGNgGAWjYBQMdwAAA+gAAbOm00Y=";

/** ONNX: `y = x @ [[0, 1], [2, 3], [4, 5]] + [10, 20]` and `size = shape(x)` for x `[rows, 3]`. */
export const LINEAR_GRAPH: string =
  "CAg61wEKHAoBeAoGd2VpZ2h0Egdwcm9kdWN0IgZNYXRNdWwKFwoHcHJvZHVjdAoEYmlhcxIBeSIDQWRkChAKAXgSBHNpemUiBVNoYXBlEgZsaW5lYXIqKAgDCAIQAUIGd2VpZ2h0ShgAAAAAAACAPwAAAEAAAEBAAACAQAAAoEAqFAgCEAFCBGJpYXNKCAAAIEEAAKBBWhcKAXgSEgoQCAESDAoGEgRyb3dzCgIIA2IXCgF5EhIKEAgBEgwKBhIEcm93cwoCCAJiEgoEc2l6ZRIKCggIBxIECgIIAkIECgAQEQ==";

/** The same graph with its weight in the file `linear.onnx_data`, and that file. */
export const LINEAR_GRAPH_EXTERNAL: string =
  "CAg6+AEKHAoBeAoGd2VpZ2h0Egdwcm9kdWN0IgZNYXRNdWwKFwoHcHJvZHVjdAoEYmlhcxIBeSIDQWRkChAKAXgSBHNpemUiBVNoYXBlEgZsaW5lYXIqSQgDCAIQAUIGd2VpZ2h0ahwKCGxvY2F0aW9uEhBsaW5lYXIub25ueF9kYXRhagsKBm9mZnNldBIBMGoMCgZsZW5ndGgSAjI0cAEqFAgCEAFCBGJpYXNKCAAAIEEAAKBBWhcKAXgSEgoQCAESDAoGEgRyb3dzCgIIA2IXCgF5EhIKEAgBEgwKBhIEcm93cwoCCAJiEgoEc2l6ZRIKCggIBxIECgIIAkIECgAQEQ==";
export const LINEAR_DATA: string = "AAAAAAAAgD8AAABAAABAQAAAgEAAAKBA";
